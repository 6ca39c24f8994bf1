import { parseCommand } from '../parse/parse-command.js';
import { findProfile } from '../profiles/find-profile.js';
import type { Finding } from '../rules/finding.js';
import { refusePaths } from '../layers/workspace-layer.js';
import { isText } from './embedded-paths.js';
import { inspectCommand } from './inspect-command.js';
import type { Inspection, RecordedText } from './inspection.js';

const mostTexts = 64;
const deepest = 3;

// What a program of no known language does to run another or to read the environment.
const callsOut =
  /\b(?:system|popen|exec[lv]?p?e?|spawn\w*|getenv|Process|ProcessBuilder|__import__)\s*\(|\bos\.(?:environ|execute)\b|\bprocess\.env\b|\bchild_process\b|\bsubprocess\b|\bENVIRON\b|\bENV\[|\bdump ENV\b|\(ENV\b/;

// A sentence can begin with the name of a program; it does not go on as a command that one of these objects to.
const telling =
  /^shell\.(?:destructive\.|power$|env\.dump$|resource$|inline-code\.|secret\.read$|exec\.(?:option|config|script-text|wrapper)$|program\.(?:elevation|privileged)$|workspace\.)/;

/** Judges the words that hold more than one word: a command line in quotes is judged as the commands it would be, other code by what it calls. */
export function inspectTexts(into: Inspection, depth = 0): void {
  if (into.texts.length > mostTexts) {
    const last = into.texts[mostTexts];
    if (last) into.object('shell.syntax.too-complex', last, `more than ${mostTexts} texts`);
    return;
  }
  for (const text of into.texts) {
    if (callsOut.test(text.value)) into.object('shell.exec.script-text', text);
    // A command that does harm has an argument or a redirection.
    else if (mayBeCommands(text.value)) {
      for (const finding of findingsOf(text, into, depth)) into.findings.push(finding);
      if (depth === 0)
        for (const value of innerTexts(text.value))
          for (const finding of findingsOf({ ...text, value }, into, deepest)) into.findings.push(finding);
    }
  }
}

const mostInner = 16;

// What stands behind a key, a sign or a quote: `key:rm -rf src`, `{"cmd":"rm -rf src"}`, `["rm","-rf","src"]`.
function innerTexts(text: string): readonly string[] {
  if (!/[:="'`[{|]/.test(text)) return [];
  return text
    .replace(/(["'])\s*,\s*\1/g, ' ')
    .split(/[:="'`[\]{}|]+/)
    .map((part) => part.trim())
    .filter((part) => part !== text && /\s/.test(part) && beginsWithProgram(part))
    .slice(0, mostInner);
}

// Some part of it begins with the name of a program, or holds a word in quotes that may. Reading a text costs far more than this look.
function mayBeCommands(text: string): boolean {
  if (!/[\s>]|["']\s*,\s*["']/.test(text)) return false;
  return /["'\\:=]/.test(text) || text.split(shellSyntax).some(beginsWithProgram);
}

function beginsWithProgram(part: string): boolean {
  const name = /^\s*(?:\w+=\S*\s+)*(?:[\w./-]*\/)?([\w.+-]{2,})/.exec(part)?.[1];
  return name !== undefined && findProfile(name) !== undefined;
}

function findingsOf(text: RecordedText, into: Inspection, depth: number): readonly Finding[] {
  const found: Finding[] = [];
  for (const { words, fed, redirected } of commandsIn(text.value.trim())) {
    const [name = '', ...rest] = words;
    const nested = into.nested(fed ? 'pipe' : undefined, text.view);
    nested.depth = 0;
    const tokens = words.map((value) => ({ value, span: text.span }));
    const asCommand = fed || redirected || rest.some((value) => /^--?\w|\/|\.\w/.test(value));
    // What begins with no program may be one that takes a command line itself.
    if (!findProfile(name.slice(name.lastIndexOf('/') + 1))) {
      for (const token of tokens.slice(1)) if (isText(token.value)) nested.text(token);
    } else if (asCommand) {
      inspectCommand(tokens, nested);
    }
    if (depth < deepest) inspectTexts(nested, depth + 1);
    const outside = refusePaths(nested.paths);
    for (const finding of outside ? [...nested.findings, outside] : nested.findings)
      if (telling.test(finding.rule)) found.push(finding);
  }
  return found;
}

interface TextCommand {
  readonly words: readonly string[];
  readonly fed: boolean;
  readonly redirected: boolean;
}

function commandsIn(text: string): readonly TextCommand[] {
  const parsed = parseCommand(text, true);
  if (!parsed.ok) return roughCommandsIn(text);
  return parsed.line.flatMap(({ commands }) =>
    commands.map(({ words, redirects }, place) => ({
      words: words.map(({ value }) => value),
      fed: place > 0,
      redirected: redirects.length > 0,
    })),
  );
}

const shellSyntax = /[;|&\n(){}`!]|\$\(|(?:^|\s)(?:if|then|else|elif|do|while|until|time|\w+=\$)(?=\s|$)/;

// Groups, loops, substitutions and open quotes, which no plan would run but a shell behind the tool does: words between signs.
function roughCommandsIn(text: string): readonly TextCommand[] {
  return text
    .split(shellSyntax)
    .slice(0, mostTexts)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => ({
      words: part.split(/\s+/).map((word) => word.replace(/["'\\]/g, '')),
      fed: false,
      redirected: false,
    }));
}
