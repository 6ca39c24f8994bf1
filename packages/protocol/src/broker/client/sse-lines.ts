import { BrokerError } from './broker-error.js';

/** Longest line of a stream in bytes: one chunk with a large tool argument fits, an endless line does not. */
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Gives the data of each server-sent event (WHATWG HTML section 9.2.6). Lines end with LF, CR LF or CR; comments and
 * other fields are skipped.
 *
 * @throws BrokerError BROKER_TOO_LARGE for an endless line.
 */
export async function* sseData(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  let rest = '';
  let data: string[] = [];
  let size = 0;
  for await (const bytes of stream) {
    rest += decoder.decode(bytes, { stream: true });
    let from = 0;
    for (;;) {
      const end = lineEnd(rest, from);
      if (end === undefined) break;
      const line = rest.slice(from, end.at);
      from = end.next;
      if (line === '') {
        if (data.length > 0) yield data.join('\n');
        data = [];
        size = 0;
      } else if (line === 'data' || line.startsWith('data:')) {
        const value = line.slice(5);
        data.push(value.startsWith(' ') ? value.slice(1) : value);
        size += line.length;
      }
    }
    rest = rest.slice(from);
    if (rest.length + size > MAX_LINE_BYTES) {
      throw new BrokerError('BROKER_TOO_LARGE', 'The broker sent an event larger than 1 MiB.');
    }
  }
  // An event without its closing blank line is not complete; the caller sees a stream without an end mark.
}

function lineEnd(text: string, from: number): { at: number; next: number } | undefined {
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 10) return { at: index, next: index + 1 };
    if (code === 13) {
      // CR at the very end may be the first half of CR LF.
      if (index + 1 === text.length) return undefined;
      return { at: index, next: text.charCodeAt(index + 1) === 10 ? index + 2 : index + 1 };
    }
  }
  return undefined;
}
