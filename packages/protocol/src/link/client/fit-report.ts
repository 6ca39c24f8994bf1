import type { CommandReport } from '../frames.js';
import { LINK_LIMITS } from '../limits.js';

/** Characters of an answer that are told in one report, when they are not too many bytes. */
const MOST_CHARS = LINK_LIMITS.textChars / 2;
const LEAST_CHARS = 500;

/**
 * Gives a report that fits into a frame of the link. Bytes of its JSON decide: a control character or half a surrogate
 * pair is one character and six bytes, and a frame that is too large would end the connection each time it is sent.
 */
export function fitReport(report: CommandReport): CommandReport {
  const { result } = report;
  if (result?.kind === 'message') {
    return shrunk(report.id, result.text, (text) => ({ ...report, result: { ...result, text } }));
  }
  if (result?.kind === 'tool') {
    return shrunk(report.id, result.output, (output) => ({ ...report, result: { ...result, output } }));
  }
  return fits(report) ? report : tooLarge(report.id);
}

function shrunk(id: string, text: string, put: (text: string) => CommandReport): CommandReport {
  for (let most = MOST_CHARS; most >= LEAST_CHARS; most = Math.floor(most / 2)) {
    const report = put(cut(text, most));
    if (fits(report)) return report;
  }
  return tooLarge(id);
}

function fits(report: CommandReport): boolean {
  return Buffer.byteLength(JSON.stringify(report)) <= LINK_LIMITS.itemBytes;
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not between the halves of a surrogate pair.
  const kept = text.slice(0, most - 100).replace(/[\ud800-\udbff]$/, '');
  return `${kept}\n[cut: ${text.length} characters in all]`;
}

function tooLarge(id: string): CommandReport {
  return {
    id,
    state: 'failed',
    error: { code: 'RESULT_TOO_LARGE', message: 'The result is too large for the link.' },
  };
}
