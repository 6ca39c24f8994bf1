import { PoolError } from '@clawforce/pool-core';
import { sentenceOf, statusOf } from './engine.js';
import type { Engine } from './engine.js';

/** How a pull goes on. */
export interface PullProgress {
  readonly image: string;
  /** The engine's own word, for example `Downloading`. */
  readonly status: string;
  /** The layer, where the word is about one. */
  readonly layer?: string;
  readonly currentBytes?: number;
  readonly totalBytes?: number;
}

/** How {@link ensureImage} goes about it. */
export interface EnsureImageOptions {
  readonly pull: 'missing' | 'never';
  readonly onPull: (progress: PullProgress) => void;
  /** Longest silence of a pull, in milliseconds. Default 120 s. */
  readonly silenceMs?: number;
}

interface PullMessage {
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

const missing = (image: string, why: string, cause?: unknown): PoolError =>
  new PoolError('IMAGE_MISSING', `the image ${image} is not on the engine${why}`, {
    key: 'AGENT_IMAGE',
    fix: `build it or load it on the engine's host, or set AGENT_IMAGE to an image that can be pulled`,
    cause,
  });

async function find(engine: Engine, image: string): Promise<string | undefined> {
  try {
    const found = await engine.ask((docker) => docker.getImage(image).inspect());
    // Its content would be a writable directory that nobody asked for, outside of every limit.
    const volumes = Object.keys((found.Config as { Volumes?: object | null } | undefined)?.Volumes ?? {});
    if (volumes.length > 0) {
      throw new PoolError('START_FAILED', `the image ${image} declares volumes: ${volumes.join(', ')}`, {
        key: 'AGENT_IMAGE',
        fix: 'build it without VOLUME',
      });
    }
    return found.Id;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function tell({
  image,
  line,
  onPull,
}: {
  image: string;
  line: string;
  onPull: EnsureImageOptions['onPull'];
}) {
  if (line.trim() === '') return;
  const message = JSON.parse(line) as PullMessage;
  if (message.error !== undefined) throw new Error(message.error);
  const { current, total } = message.progressDetail ?? {};
  onPull({
    image,
    status: message.status ?? '',
    ...(message.id === undefined ? {} : { layer: message.id }),
    ...(current === undefined ? {} : { currentBytes: current }),
    ...(total === undefined ? {} : { totalBytes: total }),
  });
}

async function pull(engine: Engine, image: string, options: EnsureImageOptions): Promise<void> {
  const controller = new AbortController();
  const silence = setTimeout(() => controller.abort(), options.silenceMs ?? 120_000);
  try {
    // Without a tag the engine would fetch every one there is.
    const name = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
    const stream = await engine.follow((docker) => docker.pull(name, { abortSignal: controller.signal }));
    let rest = '';
    for await (const chunk of stream) {
      silence.refresh();
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) tell({ image, line, onPull: options.onPull });
    }
    tell({ image, line: rest, onPull: options.onPull });
  } catch (error) {
    if (error instanceof PoolError) throw error;
    const why = controller.signal.aborted ? 'the registry is silent' : sentenceOf(error);
    throw missing(image, `, and pulling it failed: ${why}`, error);
  } finally {
    clearTimeout(silence);
  }
}

/**
 * Gives the id of an image, pulling it where that is allowed.
 *
 * @throws PoolError `IMAGE_MISSING` when it is not there and cannot be pulled, `START_FAILED` when it may not be used.
 */
export async function ensureImage(
  engine: Engine,
  image: string,
  options: EnsureImageOptions,
): Promise<string> {
  const known = await find(engine, image);
  if (known !== undefined) return known;
  if (options.pull === 'never') throw missing(image, ' and pulling is switched off');
  await pull(engine, image, options);
  const pulled = await find(engine, image);
  if (pulled === undefined) throw missing(image, ' although it was pulled');
  return pulled;
}

/** What an image says about the programs that are made from it. */
export interface ImageDefaults {
  /** As `NAME=value`. */
  readonly env: readonly string[];
  readonly command: readonly string[];
}

/** Gives what the containers of an image have unless they are given something else. @throws PoolError `IMAGE_MISSING` */
export async function imageDefaults(engine: Engine, imageId: string): Promise<ImageDefaults> {
  try {
    const { Config } = await engine.ask((docker) => docker.getImage(imageId).inspect());
    const list = (value: string | string[] | null | undefined): string[] => [value ?? []].flat();
    return { env: list(Config.Env), command: [...list(Config.Entrypoint), ...list(Config.Cmd)] };
  } catch (error) {
    if (statusOf(error) === 404) throw missing(imageId, '', error);
    throw error;
  }
}
