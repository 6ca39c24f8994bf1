import type { Token } from '../rules/finding.js';
import { isHarmlessGitSetting } from '../scanners/git-values.js';
import { isCredentialFile } from '../path/workspace-paths.js';
import { hasOption, type ArgumentRule } from './argument-rule.js';
import { builderRules, takesResponseFiles } from './builder-rules.js';
import { frameworkRules } from './framework-rules.js';
import { gitRules } from './git-rules.js';
import type { Inspection } from './inspection.js';
import { inspectLink } from './links.js';
import { inspectNamesMade, makesNames } from './names-made.js';
import { packageManagerRules, packageManagerTools } from './package-manager-rules.js';
import { inspectPlacement, places } from './placements.js';
import { opensToEveryone } from './mode.js';
import { resourceRules } from './resource-rules.js';
import { decodeAddress, runnerRules, runnerRuleTools } from './runner-rules.js';

// Spellings that a grammar of options and operands does not cover.
const rules: readonly ArgumentRule[] = [
  ...builderRules,
  ...frameworkRules,
  ...resourceRules,
  ...gitRules,
  ...runnerRules,
  ...packageManagerRules,
  // The old form `tar xIf …`: the first word is a cluster without a dash.
  {
    programs: /tar$/,
    argument: (value, index) => index === 0 && /^[A-Za-z]*[IFP]/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /tar$/,
    argument: (value, index) => index === 0 && /^[A-Za-z]*T/.test(value),
    rule: 'shell.workspace.list',
  },
  // `host:archive` is fetched by rsh or what stands in for it.
  {
    programs: /tar$/,
    argument: (value) =>
      /^(?:-[A-Za-z]*f|--file=)?[\w@.-]+:/.test(value) && !/^(?:--(?!file=)|s\W)/.test(value),
    rule: 'shell.exec.option',
  },
  // The names of members become what this makes of them.
  {
    programs: /tar$/,
    argument: (value, _index, all) =>
      /^--(?:tr|xf)[a-z]*(?:=|$)|^-s\W/.test(value) &&
      hasOption(all, /^(?:-[A-Za-z]*x|--(?:ext|get)|[A-Za-z]*x[A-Za-z]*$)/),
    rule: 'shell.workspace.unreadable',
  },
  // A name made of two options.
  {
    programs: /^csplit$/,
    argument: (value, _index, all) =>
      /^(?:-[a-z]*b|--su)/.test(value) &&
      (all.some((word) => /^(?:-[a-z]*b|--su[a-z-]*=)?[^%]*\/.*%|%.*\//.test(word.value)) ||
        all.some(
          (word, at) =>
            /^(?:-[a-z]*f|--pr[a-z]*=)(?:.*\/)?(?:\.|ag)[^/]*$/i.test(word.value) ||
            (/^(?:-[a-z]*f|--pr[a-z]*)$/.test(all[at - 1]?.value ?? '') &&
              /(?:^|\/)(?:\.|ag)[^/]*$/i.test(word.value)),
        )),
    rule: 'shell.workspace.unreadable',
  },
  {
    programs: /^ffmpeg$/,
    argument: (value, index, all) => value === 'concat' && all[index - 1]?.value === '-f',
    rule: 'shell.workspace.list',
  },
  // In its language a pipe behind an output statement starts a program.
  {
    programs: /^(?:mlr|miller)$/,
    argument: (value) => /\|\s*["$]|\b(?:system|exec|os_type)\s*\(/.test(value),
    rule: 'shell.exec.script-text',
  },
  {
    programs: /^ps$/,
    argument: (value) => /(?:^|[,=])env(?:iron)?\b|^-[A-Za-z]*E/.test(value),
    rule: 'shell.env.dump',
  },
  { programs: /^yarn plugin$/, argument: (value) => /^https?:/.test(value), rule: 'shell.fetch.source' },
  {
    programs: /^(?:yarn|pnpm|bun) run$/,
    argument: (value, index) => index === 0 && value === 'env',
    rule: 'shell.env.dump',
  },
  {
    programs: /^(?:npm|pnpm|yarn) (?:config|c|get)$/,
    argument: (value) => /_auth|_password|authToken|npmAuth/i.test(value),
    rule: 'shell.secret.read',
  },
  {
    programs: /^gem (?:install|i)$/,
    argument: (value) => /^https?:/i.test(value),
    rule: 'shell.fetch.source',
  },
  // A module as text.
  {
    programs: /^(?:node|nodejs|tsx|bun(?: .+)?|deno(?: .+)?|prettier|eslint|mocha|vitest)$/,
    argument: (value) => /(?:^|=)data:/i.test(value),
    rule: 'shell.exec.option',
  },
  // Runners that start what stands behind their own words.
  {
    programs: /^(?:yarn workspaces?|pnpm (?:run|exec|dlx|test|start)|hatch .+|ctest|cargo watch)$/,
    argument: (value, index, all) => index === all.length - 1 && /^(?:env|printenv)$/.test(value),
    rule: 'shell.env.dump',
  },
  {
    programs: /^file$/,
    argument: (value) => /^-[A-Za-z]*f/.test(value),
    rule: 'shell.workspace.list',
  },
  // Their operands are written to, and read too.
  {
    programs: /^(?:zip|7z|7za|7zr|gzip|bzip2|xz|zstd|lz4|lzma|compress|pigz|brotli|tar|bsdtar|split)$/,
    argument: (value) => isCredentialFile(value),
    rule: 'shell.secret.file',
  },
  // What is copied or moved out of a credential file can be read under its new name.
  {
    programs: /^(?:cp|mv|install|ln|link)$/,
    argument: (value, index, all) =>
      isCredentialFile(value) && (index < all.length - 1 || hasOption(all, /^(?:-[A-Za-z]*t|--target)/)),
    rule: 'shell.secret.file',
  },
  {
    programs: /^(?:psql|gs|ghostscript)$/,
    argument: (value) => /^(?:-o|--output=?|-sOutputFile=)?(?:\||%pipe%)/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^gh(?: repo)?$/,
    argument: (value, index, all) =>
      /^(?:-c|--config|-u|--upload-pack|--template)/.test(value) &&
      all.slice(0, index).some((before) => before.value === '--'),
    rule: 'shell.exec.option',
  },
  // A debugger that other hosts can reach.
  {
    programs: /^(?:node|nodejs|tsx|bun|deno(?: run)?)$/,
    argument: (value) => /^--inspect[\w-]*=(?!\d+$|127\.|localhost\b|\[::1\])/.test(value),
    rule: 'shell.program.network',
  },
  // These count from where the copy goes, so what leads up from there leads somewhere else.
  {
    programs: /^rsync$/,
    argument: (value, index, all) => {
      const option = /^--(?:backup|partial|temp)-dir$/;
      const [name = '', joined] = value.split('=', 2);
      const place = option.test(name) ? joined : option.test(all[index - 1]?.value ?? '') ? value : undefined;
      return place !== undefined && /(?:^|\/)\.\.(?:\/|$)/.test(place);
    },
    rule: 'shell.workspace.unreadable',
  },
  {
    programs: /^(?:https?|httpie|xh)$/,
    argument: (value, _index, all) =>
      /^(?:-[a-zA-Z]*d|--download)/.test(value) && !hasOption(all, /^(?:-o|--output)/),
    rule: 'shell.fetch.names',
  },
  {
    programs: /^streamlit$/,
    argument: (value) => /^https?:/i.test(value),
    rule: 'shell.fetch.source',
  },
  // `install vim-` removes vim.
  {
    programs: /^apt(?:-get)? (?:re)?install$/,
    argument: (value) => /^[^-].*-$/.test(value),
    rule: 'shell.program.package-manager',
  },
  {
    programs: /^date$/,
    argument: (value) => /^\d{8,}(?:\.\d+)?$/.test(value),
    rule: 'shell.program.system',
  },
  {
    programs: /^rsync$/,
    argument: (value, index, all) => {
      const modes = /^--chmod=(.*)$/s.exec(value)?.[1] ?? (all[index - 1]?.value === '--chmod' ? value : '');
      return modes
        .split(',')
        .map((clause) => clause.replace(/^[DF]/, ''))
        .some((clause) => /^[0-7]*[2367]$/.test(clause) || opensToEveryone(clause));
    },
    rule: 'shell.destructive.mode',
  },
  {
    programs: /^gh (?:release|run)$/,
    argument: (value, index, all) =>
      /^(?:-D|--dir=)?(?:\.\/)*(?:.*\/)?\.git(?:\/|$)/i.test(value) &&
      (/^-/.test(value) || /^(?:-D|--dir)$/.test(all[index - 1]?.value ?? '')),
    rule: 'shell.workspace.protected',
  },
  // Clauses that begin like an option.
  {
    programs: /^chmod$/,
    argument: (value) => /^-[rwxXst]+,/.test(value) && value.split(',').some(opensToEveryone),
    rule: 'shell.destructive.mode',
  },
  // Several kinds in one word, each with a name or a version behind it.
  {
    programs: /^(?:kubectl|k) /,
    argument: (value) =>
      value.split(/[,/.]/).some((part) => /^secrets?$/i.test(part)) || /^--raw(?:=|$)/.test(value),
    rule: 'shell.secret.read',
  },
  { programs: /^hostname$/, argument: (value) => !value.startsWith('-'), rule: 'shell.program.system' },
];

// Every program that is named here.
const special =
  /^(?:ffmpeg|meson|context|(?:p|file-|perl-)?rename(?:\.ul)?|tee|chmod|[gs]?sed|gunzip|bunzip2|unxz|unzstd|uncompress|unlzma|unlz4|lzip|lunzip|plzip|pixz|unpigz|pytest|py\.test|kubectl|k|date|just|task|go-task|ld(?:\.\w+)?|gold|gcc|g\+\+|cc|c\+\+|c89|c99|cpp|clang|clang\+\+|gfortran|truncate|seq|jot|mlr|miller|stack|.*tar|.*tex|rsync|zip|unzip|7z|7za|7zr|p7zip|gzip|bzip2|xz|zstd|lz4|lzma|compress|pigz|brotli|split|latexmk|cp|mv|install|cmake|psql|gs|ghostscript|gh|node|nodejs|tsx|deno|php|python[\d.]*|prettier|eslint|mocha|vitest|hatch|ctest|https?|httpie|xh|streamlit|printf|ps|go|make|gmake|bmake|remake|shuf|csplit|ninja|samu|rustc|javac?|hostname|nc|ln|link|curl|wget|wget2|file|clang-format|gem|cargo|nim|yarn|pnpm|bun|npm|git|apt|apt-get)$/;
const answers = new Map<string, boolean>();
const found = new Map<string, Manner>();
// Names come from commands, so an agent could fill a table without end.
const mostKept = 1024;

function keep<Value>(table: Map<string, Value>, name: string, value: Value): Value {
  if (table.size >= mostKept) table.clear();
  table.set(name, value);
  return value;
}

/** What of this file concerns one program. */
interface Manner {
  readonly rules: readonly ArgumentRule[];
  /** Whether more than the rules looks at it. */
  readonly more: boolean;
}

const looksFurther = /^(?:nc|curl|link|git (?:config|clean|prune))$/;

const mannerOf = (name: string): Manner =>
  found.get(name) ??
  keep(found, name, {
    rules: rules.filter(({ programs }) => programs.test(name)),
    more: looksFurther.test(name) || makesNames(name) || places(name),
  });

/** Whether {@link inspectWholeCommand} has anything to say about a program, by its name without sub-command. */
export function hasRulesOfItsOwn(program: string): boolean {
  return (
    answers.get(program) ??
    keep(
      answers,
      program,
      special.test(program) ||
        runnerRuleTools.test(program) ||
        packageManagerTools.test(program) ||
        takesResponseFiles.test(program),
    )
  );
}

/** Whether a rule, or more than the rules, looks at a command, by the name of the program and its sub-command. */
export const concernsCommand = (label: string): boolean =>
  mannerOf(label).rules.length > 0 || mannerOf(label).more;

/** Judges what only the arguments of a command together show. `name` is the program and, where it has one, its sub-command. */
export function inspectWholeCommand(
  name: string,
  args: readonly Token[],
  into: Inspection,
  token: Token,
  operands: readonly Token[],
): void {
  const manner = mannerOf(name);
  for (const { argument, rule } of manner.rules) {
    const found = args.find(({ value }, index) => argument(value, index, args));
    if (found) into.object(rule, found, `${name} ${found.value}`);
  }
  if (!manner.more) return;
  const some = (pattern: RegExp): boolean => args.some(({ value }) => pattern.test(value));
  if (name === 'nc' && !some(/^-[a-z]*z/)) into.object('shell.program.network', token, name);
  // The name on disk is the end of the address.
  if (/^wget2?$/.test(name) || (name === 'curl' && some(/^(?:-[A-Za-z]*O|--remote-name)/))) {
    for (const word of args) {
      const saved = /^[^?#]*\/([^/?#]+)(?:[?#].*)?$/.exec(word.value)?.[1];
      if (saved !== undefined) {
        into.path(saved, word, 'write');
        if (saved.includes('%')) into.path(decodeAddress(saved), word, 'write');
      }
    }
  }
  if (name === 'ln' || name === 'link') inspectLink(args, into);
  inspectPlacement(name, args, operands, into);
  inspectNamesMade(name, args, operands, into, token);
  if (name === 'git config') inspectGitConfig(args, into);
  if (/^git (?:clean|prune)$/.test(name) && !some(/^(?:-[a-z]*n|--dry-run$)/)) {
    into.object('shell.destructive.git', token, name);
  }
}

// Reading is harmless; writing is limited to keys that cannot make git run anything.
function inspectGitConfig(args: readonly Token[], into: Inspection): void {
  const operands = args.filter(({ value }) => !value.startsWith('-'));
  const [key] = operands;
  if (!key || args.some(({ value }) => /^--(?:get|list$)/.test(value))) return;
  const writes = operands.length > 1 || args.some(({ value }) => value.startsWith('--unset'));
  if (writes && !isHarmlessGitSetting(key.value)) into.object('shell.exec.config', key);
}
