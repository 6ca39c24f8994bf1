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
  // What has come of a line that has not ended; it is looked at when an end may have come, not with every piece.
  let held: string[] = [];
  let heldSize = 0;
  let data: string[] = [];
  let size = 0;
  for await (const bytes of stream) {
    const piece = decoder.decode(bytes, { stream: true });
    const mayEnd = /[\r\n]/.test(piece) || held.at(-1)?.endsWith('\r') === true;
    if (piece !== '') held.push(piece);
    heldSize += piece.length;
    if (mayEnd) {
      const text = held.join('');
      let from = 0;
      for (;;) {
        const end = lineEnd(text, from);
        if (end === undefined) break;
        const line = text.slice(from, end.at);
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
      held = from < text.length ? [text.slice(from)] : [];
      heldSize = text.length - from;
    }
    if (heldSize + size > MAX_LINE_BYTES) {
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
