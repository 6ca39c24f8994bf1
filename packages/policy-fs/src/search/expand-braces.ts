import { tooComplex } from './too-complex.js';

const MAX_ALTERNATIVES = 64;

/**
 * Gives the alternatives of `{a,b}`, nested ones too, at most 64.
 *
 * @throws AgentFSError `INVALID_PATH` when there are more.
 */
export function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const waiting = [pattern];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    // Innermost braces first.
    const brace = /\{([^{}]*)\}/.exec(next);
    if (!brace) done.push(next);
    else {
      const [whole, body = ''] = brace;
      for (const part of body.split(','))
        waiting.push(next.slice(0, brace.index) + part + next.slice(brace.index + whole.length));
    }
    if (done.length + waiting.length > MAX_ALTERNATIVES)
      throw tooComplex('The pattern has too many alternatives.');
  }
  return done;
}
