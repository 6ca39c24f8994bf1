/**
 * Gives what an awk program does beyond reading its input, or `undefined`: `system`, pipes, `getline`, output
 * redirection, `ENVIRON`, other input files by `ARGV`, extensions. Strings and regular expressions are skipped, so `/a|b/` is harmless.
 */
export function riskyAwk(program: string): string | undefined {
  let printing = false;
  let depth = 0;
  let operandBefore = false;
  // Behind the parenthesis of a condition stands a statement, so that a slash there begins a regular expression.
  let condition = false;
  const conditions: boolean[] = [];
  for (let i = 0; i < program.length;) {
    const rest = program.slice(i);
    const blank = /^(?:[ \t\r]|\\\r?\n)+/.exec(rest);
    if (blank) {
      i += blank[0].length;
      continue;
    }
    const comment = /^#[^\n]*/.exec(rest);
    const text = /^"(?:[^"\\\n]|\\[^])*"/.exec(rest);
    const word = /^[A-Za-z_]\w*/.exec(rest);
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(rest);
    if (comment) {
      i += comment[0].length;
    } else if (text || number) {
      i += (text ?? number ?? [''])[0].length;
      operandBefore = true;
    } else if (!operandBefore && rest.startsWith('/')) {
      const end = endOfRegex(program, i);
      if (end === undefined) return 'an open regular expression';
      i = end;
      operandBefore = true;
    } else if (word) {
      const [name] = word;
      if (/^(?:system|getline|ENVIRON|ARGV|ARGC|PROCINFO|SYMTAB|FUNCTAB|close|fflush)$/.test(name))
        return name;
      if (name === 'print' || name === 'printf') {
        printing = true;
        depth = 0;
      }
      operandBefore = !/^(?:print|printf|return|exit|in|if|while|for|do|else|case)$/.test(name);
      condition = /^(?:if|while|for)$/.test(name);
      i += name.length;
    } else {
      const character = program.charAt(i);
      if (rest.startsWith('||')) {
        i += 2;
        operandBefore = false;
        continue;
      }
      if (character === '|') return 'a pipe';
      if (character === '@') return '@';
      if (character === '"') return 'an open string';
      if (character === '(') {
        depth++;
        conditions.push(condition);
      }
      condition = false;
      if (character === ')') depth--;
      if (character === '>' && printing && depth <= 0) return 'an output redirection';
      if (/[;\n{}]/.test(character)) printing = false;
      const closesCondition = character === ')' && conditions.pop() === true;
      const sign = /^(?:\+\+|--)/.test(rest);
      operandBefore = /[)\]]/.test(character) ? !closesCondition : operandBefore && sign;
      i += sign ? 2 : 1;
    }
  }
  return undefined;
}

// By hand, because `[]a]` can be read in two ways and a pattern would try both of each.
function endOfRegex(program: string, start: number): number | undefined {
  let bracket = -1;
  for (let i = start + 1; i < program.length; i++) {
    const character = program.charAt(i);
    if (character === '\n') return undefined;
    if (character === '\\') i++;
    else if (bracket >= 0) {
      if (character === ']' && i > bracket) bracket = -1;
    } else if (character === '/') return i + 1;
    // A closing bracket directly behind the opening one, or behind its `^`, stands for itself.
    else if (character === '[') bracket = program.charAt(i + 1) === '^' ? i + 2 : i + 1;
  }
  return undefined;
}
