import { quoteArgv } from '../quote-argv.js';
import { longOptions } from './long-options.js';

/** A source of numbers below `limit` that gives the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

type Random = ReturnType<typeof seededRandom>;
const pick = <Item>(items: readonly [Item, ...Item[]], random: Random): Item =>
  items[random(items.length)] ?? items[0];

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const double = (text: string): string => `"${text.replace(/["\\$`]/g, '\\$&')}"`;
const escaped = (text: string): string =>
  Array.from(text)
    .map((letter) => (/[A-Za-z0-9_]/.test(letter) ? letter : letter === '\n' ? "'\n'" : `\\${letter}`))
    .join('');

/** Spells one word so that a shell reads the same word: quotes around parts, empty quotes between, backslashes. */
export function respell(word: string, random: Random): string {
  if (word === '') return pick(["''", '""'], random);
  const letters = Array.from(word);
  let spelled = '';
  for (let at = 0; at < letters.length;) {
    const length = 1 + random(pick([1, 3, letters.length], random));
    const part = letters.slice(at, at + length).join('');
    spelled += pick([single, double, escaped, single], random)(part);
    if (random(4) === 0) spelled += pick(["''", '""'], random);
    at += length;
  }
  return spelled;
}

const wrappers: readonly [readonly string[], ...(readonly string[])[]] = [
  ['env'], ['/usr/bin/env', 'CI=1'], ['env', '-i', 'NODE_ENV=test'], ['env', '-u', 'HOME'], ['timeout', '5'],
  ['timeout', '-k', '1', '--signal=KILL', '9s'], ['nice'], ['nice', '-n', '10'], ['nice', '--adjustment=3'], ['nohup'], ['setsid', '-w'], ['setsid'],
  ['stdbuf', '-oL', '-e0'], ['time', '-p'], ['ionice', '-c', '3'], ['ionice', '-c3', '-n7'], ['command'], ['command', '-p'],
  ['busybox'], ['/bin/busybox'], ['taskset', '1'], ['taskset', '-c', '0'], ['chrt', '-b', '0'], ['flock', 'a.lock'], ['flock', '-n', 'a.lock'],
  ['xvfb-run', '-a'], ['setarch', 'x86_64', '-R'], ['setarch', '-R'], ['env', '-C', '.'], ['env', '--chdir=.', 'CI=1'], ['linux64'], ['numactl', '-N', '0'], ['prlimit', '--nproc=9'], ['chronic'], ['gtimeout', '3'],
]; // prettier-ignore

/** Puts one to four programs in front that start the command. */
export function wrap(words: readonly string[], random: Random): string[] {
  let wrapped = [...words];
  for (let depth = 1 + random(4); depth > 0; depth--) wrapped = [...pick(wrappers, random), ...wrapped];
  return wrapped;
}

// Programs that take the command as one word, which a shell or `env` splits.
const textWrappers: readonly [readonly string[], ...(readonly string[])[]] = [
  ['sh', '-c'], ['bash', '-c'], ['dash', '-ec'], ['busybox', 'sh', '-c'], ['env', '-S'], ['env', '-iS'], ['su', '-c'], ['su', 'root', '-c'],
  ['sudo', '-n', 'sh', '-c'], ['zsh', '-c'], ['ksh', '-c'], ['fish', '-c'],
]; // prettier-ignore

/** Has a command line started from a text: as it is, and either spelled otherwise behind other wrappers or by a text in a text. */
export function wrapLine(line: string, random: Random): string[] {
  const words = [...pick(textWrappers, random), line];
  return [
    quoteArgv(words),
    random(2) === 0
      ? joinWords(wrap([...pick(textWrappers, random), line], random), random)
      : quoteArgv([...pick(textWrappers, random), quoteArgv(words)]),
  ];
}

/** Has a command started with other rights. */
export function elevate(words: readonly string[], random: Random): string[] {
  return [
    ...pick([['sudo'], ['sudo', '-u', 'root', '-E'], ['sudo', '-n', 'CI=1'], ['doas', '-n']], random),
    ...words,
  ];
}

/** Shortens each long option to a beginning that is that of no other one, or to the shortest such, without `random`. */
export function abbreviate(words: readonly string[], random?: Random): string[] {
  const [program = '', ...rest] = words;
  const known =
    longOptions[program === 'git' ? `git ${rest.find((word) => !word.startsWith('-')) ?? ''}` : program];
  if (known === undefined) return [...words];
  const options = known.split(' ');
  let ended = false;
  return words.map((word) => {
    ended ||= word === '--';
    const [, name, value = ''] = /^--([a-z][a-z0-9-]*)(=.*)?$/s.exec(word) ?? [];
    if (ended || name === undefined) return word;
    const means = (start: string): readonly string[] => options.filter((option) => option.startsWith(start));
    const whole = options.includes(name) ? name : means(name).length === 1 ? means(name)[0] : undefined;
    if (whole === undefined) return word;
    const lengths = Array.from({ length: whole.length }, (_, at) => at + 1);
    const shortest = lengths.find((length) => means(whole.slice(0, length)).length === 1);
    if (shortest === undefined) return word;
    const length = shortest + (random?.(whole.length - shortest + 1) ?? 0);
    return `--${whole.slice(0, length)}${value}`;
  });
}

/** Writes options in other ways that mean the same: abbreviated, joined, split, clustered the other way round. */
export function rewriteOptions(words: readonly string[], random: Random): string[] {
  const [program = '', ...rest] = random(2) === 0 ? abbreviate(words, random) : words;
  const changed: string[] = [program];
  let ended = false;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    const next = rest[at + 1];
    if (word === '--') ended = true;
    const choice = random(3);
    const long = /^--([a-z][a-z-]{3,})(=.*)?$/s.exec(word);
    const cluster = /^-([A-Za-z]{2,4})$/.exec(word);
    if (ended || choice === 0) {
      changed.push(word);
    } else if (long && choice === 1 && long[2] !== undefined && !onlyJoined.test(long[1] ?? '')) {
      changed.push(`--${long[1] ?? ''}`, long[2].slice(1));
    } else if (cluster && isOfFlags(program, cluster[1] ?? '')) {
      const letters = (cluster[1] ?? '').split('');
      if (choice === 1) changed.push(...letters.map((letter) => `-${letter}`));
      else changed.push(`-${letters.reverse().join('')}`);
    } else if (next !== undefined && choice === 1 && (takesValue[program] ?? '').split(' ').includes(word)) {
      changed.push(word + next);
      at++;
    } else {
      changed.push(word);
    }
  }
  return changed;
}

// The letters of each tool whose options take a value: what follows them in a cluster is no option.
const valueLetters: Readonly<Record<string, string>> = {
  rm: '', ls: 'ITw', cp: 'St', mv: 'St', ln: 'St', chmod: '', chown: '', chgrp: '', rmdir: '', mkdir: 'm', cat: '', du: 'BdtX',
  df: 'Btx', tee: '', touch: 'drt', unlink: '', shred: 'ns',
}; // prettier-ignore

function isOfFlags(program: string, letters: string): boolean {
  const taking = Object.hasOwn(valueLetters, program) ? valueLetters[program] : undefined;
  return taking !== undefined && !letters.split('').some((letter) => taking.includes(letter));
}

// Options whose value is optional and never a word of its own.
const onlyJoined = /^(?:inspect(?:-brk|-port|-wait)?|prune)$/;
// Options whose value may stand in the same word.
const takesValue: Readonly<Record<string, string>> = {
  sort: '-o -T -k -t -S', cut: '-f -d -c -b', head: '-n -c', tail: '-n -c', grep: '-e -f -m -A -B -C', sed: '-e -f', awk: '-f -v -F',
  curl: '-o -d -F -H -K -T -X -x -b -c -E', wget: '-O -P -i -o -a -e', tar: '-f -C -I -T -X', make: '-f -C -I', git: '-C -c', rsync: '-e -T',
}; // prettier-ignore

const blanksOf: readonly (readonly [programs: RegExp, blanks: readonly [string, ...string[]]])[] = [
  [/^(?:sqlite3|psql|mysql|mariadb|duckdb)$/, [' ', '  ', '\n', '\t', ' /* x */ ', ' -- x\n', '/**/']],
  [/^(?:jq|gojq|jaq)$/, [' ', '  ', '\n', '\t', ' # x\n']],
  [/^(?:g|m|n)?awk$/, [' ', '  ', '\t']],
];

/** Writes the program text in an argument in other ways that mean the same: other blanks, comments, letter case where it does not count. */
export function rewriteTexts(words: readonly string[], random: Random): string[] {
  const [program = '', ...rest] = words;
  const blanks = blanksOf.find(([programs]) => programs.test(program))?.[1];
  if (!blanks) return [...words];
  const statement = blanks.includes('/**/');
  return [
    program,
    ...rest.map((word) => {
      // Commands of the client end with the line; blanks in quotes are data.
      if (!word.includes(' ') || /^\s*[-.\\]/.test(word)) return word;
      const parts = word.split(/('[^']*'|"[^"]*")/);
      return parts
        .map((part, at) => {
          if (at % 2 === 1) return part;
          const spaced = part.replace(/ /g, () => pick(blanks, random));
          return statement && random(2) === 0 ? spaced.toUpperCase() : spaced;
        })
        .join('');
    }),
  ];
}

/** Spells paths in other ways that lead to the same place. */
export function rewritePaths(words: readonly string[], random: Random): string[] {
  return words.map((word) => {
    if (/^\/[\w./-]+$/.test(word)) {
      return pick(
        [
          `/${word}`,
          word.replaceAll('/', '//'),
          `/.${word}`,
          `/usr/..${word}`,
          word.replace(/\/([^/]*)$/, '/./$1'),
        ],
        random,
      );
    }
    if (/^\.\.?\/[\w./-]*$/.test(word)) {
      return pick(
        [
          `./${word}`,
          word.replaceAll('/', '//'),
          `src/../${word}`,
          `./src/.././${word}`,
          `tests/../src/../${word}`,
        ],
        random,
      );
    }
    return word;
  });
}

/** Gives the program by other names of the same file. */
export function rewriteProgram(words: readonly string[], random: Random): string[] {
  const [program = '', ...rest] = words;
  if (!/^[\w.+-]+$/.test(program)) return [...words];
  return [
    pick([`/bin/${program}`, `/usr/bin/${program}`, `/usr/local/bin/${program}`, `/sbin/${program}`], random),
    ...rest,
  ];
}

/** Joins words into a line with other blanks and spellings. */
export function joinWords(words: readonly string[], random: Random): string {
  const blank = (): string => pick([' ', '  ', '\t', ' \t '], random);
  const spelled = words.map((word) => (random(3) === 0 ? quoteArgv([word]) : respell(word, random)));
  return pick(['', ' ', '\t'], random) + spelled.join(blank()) + pick(['', ' ', ' # x'], random);
}
