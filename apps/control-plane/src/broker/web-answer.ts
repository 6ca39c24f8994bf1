import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WEB_HEADERS } from '@clawforce/protocol';

/** Streams a fetched page to the worker: its status and final URL as headers, its body cut at `maxBytes`. */
export async function sendWebAnswer(
  response: ServerResponse,
  page: Response,
  maxBytes?: number,
): Promise<void> {
  response.writeHead(200, {
    [WEB_HEADERS.status]: String(page.status),
    // A URL is ASCII once it is parsed (WHATWG URL, "URL serializing"); encoding it again would change it.
    [WEB_HEADERS.url]: visible(page.url).slice(0, 8192),
    'content-type': visible(page.headers.get('content-type') ?? 'application/octet-stream').slice(0, 200),
  });
  if (!page.body) {
    response.end();
    return;
  }
  await pipeline(Readable.from(firstBytes(page.body, maxBytes ?? Infinity)), response);
}

async function* firstBytes(body: ReadableStream<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let left = limit;
  for await (const chunk of body) {
    yield chunk.byteLength > left ? chunk.subarray(0, left) : chunk;
    left -= chunk.byteLength;
    // Leaving the loop cancels the body, which closes the connection upstream.
    if (left <= 0) return;
  }
}

/** What a header may carry without any doubt; an origin's text is not trusted to be that. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '');
}
