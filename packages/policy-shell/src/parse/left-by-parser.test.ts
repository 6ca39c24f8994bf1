import { describe, expect, it } from 'vitest';
import { parseCommand } from './parse-command.js';

const ruleOf = (text: string): string => {
  const parsed = parseCommand(text, true);
  return parsed.ok ? 'accepted' : parsed.finding.rule;
};
const spanOf = (text: string): string | undefined => {
  const parsed = parseCommand(text, true);
  return parsed.ok || !parsed.finding.span ? undefined : text.slice(...parsed.finding.span);
};

describe('what the parser leaves in the text', () => {
  it.each([
    ...['f $[', 'f "$["', 'f "\\\\$[:"', 'f x"\\\\$[:$"\\"', 'f "\\\\\\\\$[1"', 'f a\\\\$[1', 'f "a"$[1', "f $['1'", 'A=$[ f'],
    // The parser sees a pattern, bash an arithmetic that ends words later, in which nothing is quoted.
    ...["f $[[] '$(id)' ]", 'f a$[[]', 'f "a"$[[1]', 'A=$[[] f', 'cat < $[[]'],
  ])('is refused where bash reads its old arithmetic: %s', (text) => expect([text, ruleOf(text)]).toEqual([text, 'shell.syntax.arithmetic'])); // prettier-ignore

  it.each([
    ...["f '$['", "f '$[' x", 'f "\\$["', 'f \\$[', 'f \\$[[]', 'f "\\\\\\$["', 'f $\\[', 'f "a$"[b]', `f "$"'[['`],
    ...['f a$', 'f "a$"', 'f "^a|b$"', 'f "$ 5"', 'f "$.x"', 'f "\'$\'"', 'f "\\`"', "f '`'", 'f \\`', 'f "$\\""'],
  ])('is accepted where it is text for every shell: %s', (text) => expect([text, ruleOf(text)]).toEqual([text, 'accepted'])); // prettier-ignore

  it.each(['f ( f x', 'f( f x', 'rm ( -rf src', './f ( -rf x', 'f (', 'f ( ; g', '"f" ( x', 'f x; g ( y', "f ( <<'E'\nE", "f <<'E' && g (\nE\nh"])(
    'is refused where it is a sign that belongs to nothing: %s',
    (text) => {
      expect([text, ruleOf(text)]).toEqual([text, 'shell.syntax.parse-error']);
      expect(spanOf(text)).toBe('(');
    },
  ); // prettier-ignore

  it.each([
    ...['f x # ( comment', '# ( first\nf x', 'f x;g y # c\n\n# d\n  h', 'f&&g||h|i;', 'f > x 2>&1 y', 'A=1 B=2 f x'],
    ...["f <<'E' x # c\n( $(a)\nE\ng y", "f <<'E'; g <<-\"F\"\n(\nE\n\t(\n\tF\n# x\nh", "f <<\\E\n(\nE"],
  ])('is accepted between words: %j', (text) => expect([text, ruleOf(text)]).toEqual([text, 'accepted'])); // prettier-ignore

  it.each(['f < 2>o', 'f 2> 1>o', 'f -n > 1>o', 'f >> 2<o', 'f > 2>&1'])(
    'is refused where a redirection has only the descriptor of the next one for a target: %s',
    (text) => {
      expect([text, ruleOf(text)]).toEqual([text, 'shell.syntax.parse-error']);
      expect(spanOf(text)).toMatch(/[<>]/);
    },
  );

  it.each(['f > 2', 'f > 2 >o', 'f >a<b', 'f 2>o', 'f > 2x>o', 'f > o2>p'])(
    'is accepted with a target of its own: %s',
    (text) => expect([text, ruleOf(text)]).toEqual([text, 'accepted']),
  );

  it.each(['A=()% f x', 'A=(a b)c f', 'A=()/bin/x f', 'A=(a)[1] f', 'export A=()x'])(
    'is refused where a list becomes a part of a word: %s',
    (text) => expect([text, ruleOf(text)]).toEqual([text, 'shell.syntax.parse-error']),
  );

  it.each(["$'E'", '$"E"', "''", '"E\\F"', 'E\\F', "E''", "'$E'", '"E"\'F\'', "'E\nF'"])(
    'is refused as a delimiter that shells read differently or nobody writes: %j',
    (delimiter) => {
      const text = `f <<${delimiter}\n$(id)\nE\nEF\nE\\F\n\n$E\n`;
      expect([text, parseCommand(text, true).ok]).toEqual([text, false]);
    },
  );

  it('is refused in a pattern that stands in an assignment, where a shell removes its backslashes', () => {
    expect(ruleOf('A=[a\\b] f')).toBe('shell.syntax.glob');
    expect(ruleOf('f [a\\b]')).toBe('shell.syntax.glob');
    expect(ruleOf('A=[ab] f [ab]')).toBe('accepted');
  });
});
