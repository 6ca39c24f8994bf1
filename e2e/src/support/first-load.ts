import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Most that the first page may weigh, compressed, fonts included. */
export const FIRST_LOAD_BYTES = 250 * 1000;

interface Chunk {
  readonly file: string;
  readonly css?: readonly string[];
  readonly assets?: readonly string[];
  readonly imports?: readonly string[];
}

/** A file and its size as it is sent. */
export interface LoadedFile {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Gives what a browser loads before the first page after signing in can be used: the page itself, the entry with all that
 * it imports, the start page, the socket client and the fonts, each compressed as it is sent.
 */
export function firstLoad(dist: string): LoadedFile[] {
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Partial<
    Record<string, Chunk>
  >;
  const files = new Set(['index.html']);
  const take = (key: string): void => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`the build has no chunk ${key}`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const file of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
    for (const imported of chunk.imports ?? []) take(imported);
  };
  take('index.html');
  take('src/now/now-page.tsx');
  const socket = Object.keys(manifest).filter((key) => key.includes('socket.io-client'));
  if (socket.length !== 1) throw new Error('the build has no chunk of its own for the socket client');
  take(socket[0] ?? '');
  return [...files].map((file) => {
    const content = readFileSync(join(dist, file));
    return { file, bytes: file.endsWith('.woff2') ? content.length : gzipSync(content, { level: 9 }).length };
  });
}
