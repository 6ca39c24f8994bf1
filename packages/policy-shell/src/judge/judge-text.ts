import type { TextJudge } from '../inspect/inspection.js';
import { parseCommand } from '../parse/parse-command.js';
import type { Finding } from '../rules/finding.js';
import { judgeLine } from './judge-line.js';

/**
 * Judges the text behind `sh -c` and its like as a line of commands, each by all three layers, from every directory it may run in
 * and with the standard input of the shell, wherever the text stands. What the parser does not read, or what expands, is refused.
 */
export const judgeText: TextJudge = (text, into) => {
  const { span, value: within } = text;
  const object = (finding: Finding): void => {
    into.findings.push({ ...finding, span, within: finding.within ?? within });
  };
  const parsed = parseCommand(within, true);
  if (!parsed.ok) {
    object(parsed.finding);
    return;
  }
  const { options, history, feed, everyView } = into;
  if (!everyView) {
    object({ rule: 'shell.syntax.too-complex', detail: 'the directory of a text' });
    return;
  }
  // Each further directory counts as one program more: texts in texts, each from several, would cost their product.
  const depth = into.depth + everyView.length - 1;
  for (const [at, view] of everyView.entries()) {
    const judged = judgeLine(parsed.line, options, view, { judgeText, byShell: true, history, feed, depth });
    if ('rule' in judged) {
      object(judged);
      return;
    }
    for (const finding of judged.objections) object(finding);
    if (at > 0) continue;
    into.programs.push(
      ...judged.programs.map((program) => ({ ...program, token: { ...program.token, span } })),
    );
  }
};
