import { AgentFSError } from '../errors/agent-fs-error.js';
import { nearestMatch } from './nearest-match.js';

const BOM = '\uFEFF';

/**
 * Gives the content with the old text replaced. The byte order mark stays, and a file whose lines end in CR LF keeps
 * them whichever ending the given texts use.
 *
 * @throws AgentFSError `NO_MATCH` (with the nearest passage), or `AMBIGUOUS` when it occurs more than once, overlaps
 * counted, and not all are to be replaced; `TOO_LARGE` before more than `maxLength` characters are made.
 */
export function editText(
  content: string,
  oldText: string,
  newText: string,
  replaceAll: boolean,
  maxLength = Number.POSITIVE_INFINITY,
): { text: string; replaced: number } {
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
  const crlfOnly = body.includes('\r\n') && !/(^|[^\r])\n/.test(body);
  const candidates = [wanted, toCrlf(wanted), wanted.replaceAll('\r\n', '\n')];
  const found = candidates.find((candidate) => candidate !== '' && body.includes(candidate));
  if (found === undefined) throw noMatch(body, wanted);
  const converted = found !== wanted;
  const replacement =
    crlfOnly || (converted && found.includes('\r\n'))
      ? toCrlf(given)
      : converted
        ? given.replaceAll('\r\n', '\n')
        : given;

  if (replaceAll) {
    const replaced = count(body, found);
    if (body.length + replaced * (replacement.length - found.length) > maxLength) {
      throw new AgentFSError('TOO_LARGE', {
        reason: `Replacing all ${replaced} passages would give more than ${maxLength} bytes.`,
      });
    }
    return { text: mark + body.split(found).join(replacement), replaced };
  }
  const first = body.indexOf(found);
  const second = body.indexOf(found, first + 1);
  if (second >= 0) {
    throw new AgentFSError('AMBIGUOUS', {
      reason: `The old text occurs more than once (first on lines ${lineAt(body, first)} and ${lineAt(body, second)}).`,
    });
  }
  return { text: mark + body.slice(0, first) + replacement + body.slice(first + found.length), replaced: 1 };
}

const toCrlf = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n');

function count(text: string, wanted: string): number {
  let times = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) times += 1;
  return times;
}

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
