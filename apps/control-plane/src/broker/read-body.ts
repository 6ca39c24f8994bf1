import type { IncomingMessage } from 'node:http';
import { BrokerError } from './broker-error.js';

/** Brackets, commas and colons of a document, beside those in its texts. Ten thousand messages have a tenth of it. */
const MAX_MARKS = 1_000_000;

/**
 * Gives the JSON body of a request; `onSize` hears its bytes before it is parsed and may throw.
 * @throws BrokerError for a body over `maxBytes`, of more than a million parts, or that is not JSON.
 */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
  onSize: (bytes: number) => void = () => undefined,
): Promise<unknown> {
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
  onSize(size);
  const body = Buffer.concat(chunks);
  // A few megabytes of brackets hold up the whole control plane for seconds and become a hundred times their size.
  if (hasTooManyMarks(body)) throw new BrokerError('REQUEST_TOO_LARGE', 'The request has too many parts.');
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new BrokerError('REQUEST_INVALID', 'The body is not JSON.');
  }
}

function hasTooManyMarks(body: Buffer): boolean {
  let marks = 0;
  let inText = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (inText) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x2c || byte === 0x3a || byte === 0x5b || byte === 0x7b) {
      marks += 1;
      if (marks > MAX_MARKS) return true;
    }
  }
  return false;
}
