import { BrokerError, type BrokerClient, type WebPage } from '@clawforce/protocol/broker-client';
import { cutText } from '../turn/activity.js';
import { integer, text, type ToolRunner } from './tool-context.js';
import type { ToolOutcome } from './tool-outcome.js';

const MAX_BYTES = 4 * 1024 * 1024;
const DEFAULT_CHARS = 50_000;

/** Fetches a page through the broker and gives it as Markdown, text or formatted JSON. */
export const webFetch: ToolRunner = async (args, { broker, signal, config }) => {
  const page = await pageOf(broker, text(args, 'url'), signal);
  if ('output' in page) return page;
  // Loaded at the first page: a gate or a worker that never fetches does without a DOM.
  const { isReadable, pageText } = await import('../web/page-text.js');
  // The broker refuses these at their head already; one that does not is not trusted to.
  if (!isReadable(page.contentType)) {
    await page.body.return(undefined);
    return notText(`${page.url} (status ${page.status}) is ${page.contentType || 'of unknown type'}.`);
  }
  const { bytes, truncated } = await firstBytes(page);
  const mode = args['extract_mode'] === 'text' ? 'text' : 'markdown';
  const reading = pageText({ bytes, contentType: page.contentType, url: page.url, mode, truncated });
  if (reading === undefined) {
    return { status: 'error', output: `Error NOT_TEXT: ${page.url} holds binary data.` };
  }
  const most = Math.min(integer(args, 'max_chars') ?? DEFAULT_CHARS, config.loop.max_tool_output_chars);
  const cuts = [
    ...(truncated ? [`only the first ${MAX_BYTES} bytes were read`] : []),
    ...(reading.onlyFirst === undefined
      ? []
      : [`only the first ${reading.onlyFirst} characters of its HTML are shown`]),
  ];
  const head = `[${page.status} ${page.url}]${cuts.map((cut) => `\n[${cut}]`).join('')}\n\n`;
  return {
    status: page.status < 400 ? 'ok' : 'error',
    output: head + cutText(reading.text, Math.max(100, most - head.length)),
  };
};

/** Gives the page, or what the model reads when it is of no type that can be read: a failure, and no refusal of the agent. */
async function pageOf(
  broker: BrokerClient,
  url: string,
  signal: AbortSignal,
): Promise<WebPage | ToolOutcome> {
  try {
    return await broker.webFetch({ url, max_bytes: MAX_BYTES + 1 }, { signal });
  } catch (error) {
    const decision = error instanceof BrokerError ? error.decision : undefined;
    if (decision?.rule !== 'net.response.content-type') throw error;
    return notText(`${decision.input}: ${decision.reason}`);
  }
}

function notText(what: string): ToolOutcome {
  return { status: 'error', output: `Error NOT_TEXT: ${what} web_fetch reads text, HTML and JSON.` };
}

/** Asked for is one byte more, which tells a page that is as long from one that is longer. */
async function firstBytes(page: WebPage): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of page.body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > MAX_BYTES) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, MAX_BYTES), truncated: size > MAX_BYTES };
}
