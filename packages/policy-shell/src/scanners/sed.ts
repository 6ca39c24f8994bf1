const address =
  /^(?:\d+(?:~\d+)?|\$|[+~]\d+|(?:\/(?:[^/\\\n[]|\\[^]|\[\^?\]?[^\]\n]*\])*\/|\\(.)(?:(?!\1)[^\\\n]|\\[^])*\1)[IM]*)/;

// Where a label ends: GNU sed at a blank and a semicolon, older ones and BSD later or with the line. What follows is a command.
const labels = [/^[ \t]*[^\s;}]*/, /^[^\n;}]*/, /^[^\n]*/];

/**
 * Gives what a sed script does beyond editing its input, or `undefined`: commands `e r R w W F` and the `e`, `w` flags
 * of `s`. A script this scanner does not understand counts as risky.
 */
export function riskySed(script: string): string | undefined {
  for (const label of labels) {
    const risk = riskyReading(script, label);
    if (risk !== undefined) return risk;
    if (!/[bt:T]/.test(script)) return undefined;
  }
  return undefined;
}

function riskyReading(script: string, label: RegExp): string | undefined {
  let rest = script;
  const eat = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(rest);
    if (!found) return undefined;
    rest = rest.slice(found[0].length);
    return found[0];
  };
  for (let guard = 0; guard < 2000; guard++) {
    eat(/^[\s;]+/);
    if (rest === '') return undefined;
    if (eat(/^#[^\n]*/) !== undefined || eat(/^}/) !== undefined) continue;
    if (eat(address) !== undefined) {
      eat(/^\s*/);
      if (eat(/^,/) !== undefined) {
        eat(/^\s*/);
        if (eat(address) === undefined) return 'an address it cannot read';
      }
    }
    eat(/^[\s!]*/);
    const command = rest.charAt(0);
    rest = rest.slice(1);
    if (/[erRwWF]/.test(command)) return `the command ${command}`;
    if (command === 's' || command === 'y') {
      const delimiter = rest.charAt(0);
      if (delimiter === '' || delimiter === '\\' || delimiter === '\n') return 'an open substitution';
      rest = rest.slice(1);
      for (let part = 0; part < 2; part++) {
        const end = endOfPart(rest, delimiter, command === 's' && part === 0);
        if (end < 0) return 'an open substitution';
        rest = rest.slice(end + 1);
      }
      const flags = eat(/^[A-Za-z0-9]*/) ?? '';
      if (command === 's' && !/^[gpiImM0-9]*$/.test(flags)) return `the flag ${flags} of s`;
    } else if (/[aic]/.test(command)) {
      eat(/^(?:\\\n|[^\n\\]|\\[^])*/);
    } else if (/[bt:T]/.test(command)) {
      eat(label);
    } else if (/[{}=dDgGhHlnNpPqQxz]/.test(command)) {
      eat(/^[ \t]*\d*/);
    } else {
      return `the command ${command}`;
    }
  }
  return 'more commands than this policy reads';
}

function endOfPart(text: string, delimiter: string, brackets: boolean): number {
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\\') i++;
    else if (character === delimiter) return i;
    else if (brackets && character === '[') {
      // A delimiter inside a bracket expression is literal (POSIX.1-2024, sed; GNU and busybox agree).
      const close = text.indexOf(']', i + (text.startsWith('[^]', i) ? 3 : text.startsWith('[]', i) ? 2 : 1));
      if (close < 0) return -1;
      i = close;
    }
  }
  return -1;
}
