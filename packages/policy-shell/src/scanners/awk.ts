/**
 * Gives what an awk program does beyond reading its input, or `undefined`: `system`, pipes, `getline`, output
 * redirection, `ENVIRON`, other input files by `ARGV`, extensions. Strings and regular expressions are skipped, so `/a|b/` is harmless.
 */
export function riskyAwk(program: string): string | undefined {
  let printing = false;
  let depth = 0;
  let operandBefore = false;
  for (let i = 0; i < program.length;) {
    const rest = program.slice(i);
    const blank = /^[ \t]+/.exec(rest);
    if (blank) {
      i += blank[0].length;
      continue;
    }
    const comment = /^#[^\n]*/.exec(rest);
    const text = /^"(?:[^"\\\n]|\\[^])*"/.exec(rest);
    const regex = operandBefore
      ? null
      : /^\/(?:[^/\\\n[]|\\.|\[(?:\^?\]?)(?:[^\]\\\n]|\\.)*\])*\//.exec(rest);
    const word = /^[A-Za-z_]\w*/.exec(rest);
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(rest);
    if (comment) {
      i += comment[0].length;
    } else if (text || regex || number) {
      i += (text ?? regex ?? number ?? [''])[0].length;
      operandBefore = true;
    } else if (word) {
      const [name] = word;
      if (/^(?:system|getline|ENVIRON|ARGV|ARGC|PROCINFO|SYMTAB|FUNCTAB|close|fflush)$/.test(name))
        return name;
      if (name === 'print' || name === 'printf') {
        printing = true;
        depth = 0;
      }
      operandBefore = !/^(?:print|printf|return|in|if|while|for|do|else|case)$/.test(name);
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
      if (character === '(') depth++;
      if (character === ')') depth--;
      if (character === '>' && printing && depth <= 0) return 'an output redirection';
      if (/[;\n{}]/.test(character)) printing = false;
      operandBefore = /[)\]$]/.test(character) || (operandBefore && /^(?:\+\+|--)/.test(rest));
      i += 1;
    }
  }
  return undefined;
}
