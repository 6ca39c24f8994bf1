import { setImmediate as turn } from 'node:timers/promises';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { textFinder, type TextFinder } from '../search/find-text.js';
import { nearestMatch } from './nearest-match.js';

const BOM = '\uFEFF';
const PASSAGES_PER_TURN = 50_000;

/**
 * Gives the content with the old text replaced. The byte order mark stays, and a file whose lines end in CR LF keeps
 * them whichever ending the given texts use.
 *
 * @throws AgentFSError `NO_MATCH` (with the nearest passage), or `AMBIGUOUS` when it occurs more than once, overlaps
 * counted, and not all are to be replaced; `TOO_LARGE` before more than `maxLength` characters are made.
 */
export async function editText(
  content: string,
  oldText: string,
  newText: string,
  replaceAll: boolean,
  maxLength = Number.POSITIVE_INFINITY,
): Promise<{ text: string; replaced: number }> {
  if (oldText === '')
    throw new AgentFSError('NO_MATCH', {
      reason: 'The old text is empty.',
      hint: 'Give the passage to replace.',
    });
  const mark = content.startsWith(BOM) ? BOM : '';
  const body = content.slice(mark.length);
  // Whoever copies the first line of such a file copies its mark, which stays where it is.
  const marked = mark !== '' && oldText.startsWith(BOM);
  const wanted = marked ? oldText.slice(1) : oldText;
  const given = marked && newText.startsWith(BOM) ? newText.slice(1) : newText;
  const passage = findPassage(body, wanted);
  if (!passage) throw noMatch(body, wanted);
  const { found, first, find } = passage;
  const crlfOnly = body.includes('\r\n') && !/(^|[^\r])\n/.test(body);
  const converted = found !== wanted;
  const replacement =
    crlfOnly || (converted && found.includes('\r\n'))
      ? toCrlf(given)
      : converted
        ? given.replaceAll('\r\n', '\n')
        : given;

  if (replaceAll) {
    const { text, replaced } = await replaceEvery(body, passage, replacement, maxLength);
    return { text: mark + text, replaced };
  }
  const second = find(body, first + 1);
  if (second >= 0) {
    throw new AgentFSError('AMBIGUOUS', {
      reason: `The old text occurs more than once (first on lines ${lineAt(body, first)} and ${lineAt(body, second)}).`,
    });
  }
  return { text: mark + body.slice(0, first) + replacement + body.slice(first + found.length), replaced: 1 };
}

/** The old text as the file spells it. */
interface Passage {
  readonly found: string;
  /** Where it is found first. */
  readonly first: number;
  readonly find: TextFinder;
}

function findPassage(body: string, wanted: string): Passage | undefined {
  for (const found of new Set([wanted, toCrlf(wanted), wanted.replaceAll('\r\n', '\n')])) {
    if (found === '') continue;
    const find = textFinder(found);
    const first = find(body, 0);
    if (first >= 0) return { found, first, find };
  }
  return undefined;
}

/** Replaces every passage, counted first, so that nothing too large is made; other calls get their turn meanwhile. */
async function replaceEvery(
  body: string,
  { found, first, find }: Passage,
  replacement: string,
  maxLength: number,
): Promise<{ text: string; replaced: number }> {
  let replaced = 0;
  for (let at = first; at >= 0; at = find(body, at + found.length)) {
    replaced += 1;
    if (replaced % PASSAGES_PER_TURN === 0) await turn();
  }
  if (body.length + replaced * (replacement.length - found.length) > maxLength) {
    throw new AgentFSError('TOO_LARGE', {
      reason: `Replacing all ${replaced} passages would give more than ${maxLength} bytes.`,
    });
  }
  const parts: string[] = [];
  let pieces: string[] = [];
  let end = 0;
  for (let at = first; at >= 0; at = find(body, end)) {
    pieces.push(body.slice(end, at));
    end = at + found.length;
    if (pieces.length < PASSAGES_PER_TURN) continue;
    parts.push(pieces.join(replacement));
    pieces = [];
    await turn();
  }
  parts.push([...pieces, body.slice(end)].join(replacement));
  return { text: parts.join(replacement), replaced };
}

const toCrlf = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n');

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function noMatch(body: string, wanted: string): AgentFSError {
  const near = nearestMatch(body, wanted);
  return new AgentFSError('NO_MATCH', {
    ...(near === undefined
      ? {}
      : {
          reason: `The old text was not found. Line ${near.line} comes nearest: ${JSON.stringify(near.text)}.`,
        }),
  });
}
