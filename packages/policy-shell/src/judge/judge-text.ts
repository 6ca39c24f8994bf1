import type { TextJudge } from '../inspect/inspection.js';
import { parseCommand } from '../parse/parse-command.js';
import { judgeLine } from './judge-line.js';

/**
 * Judges the text behind `sh -c` and its like as a line of commands, each by all three layers, wherever the text stands.
 * What the parser does not read, or what expands, is refused.
 */
export const judgeText: TextJudge = (text, into) => {
  const { span, value: within } = text;
  const parsed = parseCommand(within, true);
  if (!parsed.ok) {
    into.findings.push({ ...parsed.finding, span, within });
    return;
  }
  const { options, view, history } = into;
  const judged = judgeLine(parsed.line, options, view, { judgeText, byShell: true, history });
  if ('rule' in judged) {
    into.findings.push({ ...judged, span, within });
    return;
  }
  for (const finding of judged.objections)
    into.findings.push({ ...finding, span, within: finding.within ?? within });
  into.programs.push(
    ...judged.programs.map((program) => ({ ...program, token: { ...program.token, span } })),
  );
};
