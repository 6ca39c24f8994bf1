import type { IncomingMessage } from 'node:http';
import { BrokerError } from './broker-error.js';

/** Gives the JSON body of a request. @throws BrokerError for a body over `maxBytes` or that is not JSON. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new BrokerError('REQUEST_TOO_LARGE', `The request is larger than ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new BrokerError('REQUEST_INVALID', 'The body is not JSON.');
  }
}
