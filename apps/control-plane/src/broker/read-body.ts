import type { IncomingMessage } from 'node:http';
import { BrokerError } from './broker-error.js';

/** Gives the JSON body of a request. @throws BrokerError for a body over `maxBytes` or that is not JSON. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const tooLarge = (): BrokerError =>
    new BrokerError('REQUEST_TOO_LARGE', `The request is larger than ${maxBytes} bytes.`);
  if (Number(request.headers['content-length']) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // A destroyed request takes its connection with it, and the refusal could not be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new BrokerError('REQUEST_INVALID', 'The body is not JSON.');
  }
}
