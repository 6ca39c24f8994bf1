import type { Token } from '../rules/finding.js';
import { isHarmlessGitSetting } from '../scanners/git-values.js';
import { isRiskyCmakeVariable, makeWordRule } from '../scanners/make-words.js';
import { isCredentialFile } from '../path/workspace-paths.js';
import { isBeginning } from '../profiles/is-beginning.js';
import { hasOption, type ArgumentRule } from './argument-rule.js';
import { lstatSync } from '../path/file-system.js';
import { resolvePath } from '../path/resolve-path.js';
import { gitRules } from './git-rules.js';
import type { Inspection } from './inspection.js';
import { inspectLink } from './links.js';
import { packageManagerRules, packageManagerTools } from './package-manager-rules.js';
import { inspectPlacement, places } from './placements.js';
import { opensToEveryone } from './mode.js';
import { decodeAddress, runnerRules, runnerRuleTools } from './runner-rules.js';

const takesResponseFiles =
  /^(?:strings|nm|size|objdump|readelf|objcopy|strip|ar|ranlib|gcc-ar|gcc-nm|gcc-ranlib|gprof|dwp|elfedit|c\+\+filt|addr2line|gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|cpp|c99|c89|c99-gcc|c89-gcc|tcc|icc|icx|icpx|ld(?:\.\w+)?|gold|as|gas|nasm|yasm|nvcc|emcc|protoc|keytool|native-image|jpackage|rustc|rustdoc|tsc|mypy|pytest|zip|llvm-[\w-]+|clang-[\w+-]+|lld(?:-link)?|ld64\.lld|wasm-ld|llc|lli|opt|flang(?:-new)?|dsymutil|FileCheck|swiftc?|kotlinc(?:-jvm)?|scalac|groovyc|rar|arj|qpdf|gs|ghostscript|csc|mcs|vbc|doxygen|ant|7z|7za|7zr|jar|javadoc|convert|magick|mogrify|identify|montage|composite)$/;

const compilers = /^(?:ld(?:\.\w+)?|gold|gcc|g\+\+|cc|c\+\+|c89|c99|cpp|clang|clang\+\+|gfortran)$/;

// Spellings that a grammar of options and operands does not cover.
const rules: readonly ArgumentRule[] = [
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
    programs: /^stack$/,
    argument: (value) => /^(?:ghc|runghc|runhaskell|ghci|script|eval)$/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^printf$/,
    argument: (value, index) => index === 0 && /%[-+ 0#]*(?:\d{6,}|\d*\.\d{6,})/.test(value),
    rule: 'shell.resource',
  },
  ...gitRules,
  ...runnerRules,
  ...packageManagerRules,
  {
    programs: /^go$/,
    argument: (value, index, all) =>
      index === 1 &&
      all[0]?.value === 'tool' &&
      !/^(?:cover|covdata|pprof|trace|nm|objdump|addr2line|buildid|test2json)$/.test(value),
    rule: 'shell.exec.option',
  },
  // It starts the words behind it; a test of the project is honest work.
  {
    programs: /^go$/,
    argument: (value, index, all) =>
      index > 1 &&
      all[0]?.value === 'tool' &&
      all[1]?.value === 'test2json' &&
      !/^(?:-|\.\/)/.test(value) &&
      all[index - 1]?.value !== '-p' &&
      !all.slice(2, index).some((word) => word.value.startsWith('./')),
    rule: 'shell.exec.option',
  },
  // Linkers and what they are told, which is a program again.
  {
    programs: /^go$/,
    argument: (value, index, all) => {
      const given = /^--?(?:ld|gccgo|gc|asm)flags(?:=(.*))?$/s.exec(value);
      return (
        given !== null &&
        /-(?:extld|extar)\b|-(?:wrapper|specs|fplugin|plugin|B)\b/.test(
          given[1] ?? all[index + 1]?.value ?? '',
        )
      );
    },
    rule: 'shell.exec.option',
  },
  {
    programs: /^go$/,
    argument: (value) => /^--?overlay(?:=|$)/.test(value),
    rule: 'shell.workspace.list',
  },
  {
    programs: /^ps$/,
    argument: (value) => /(?:^|[,=])env(?:iron)?\b|^-[A-Za-z]*E/.test(value),
    rule: 'shell.env.dump',
  },
  { programs: /^yarn plugin$/, argument: (value) => /^https?:/.test(value), rule: 'shell.fetch.source' },
  { programs: /^nim$/, argument: (value) => value.startsWith('--eval'), rule: 'shell.exec.option' },
  {
    programs: /^(?:ninja|samu)$/,
    argument: (value) => /^(?:-t)?browse$/.test(value),
    rule: 'shell.program.network',
  },
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
  { programs: /^javac?$/, argument: (value) => value.startsWith('@'), rule: 'shell.exec.option' },
  // A file of words: more options and files than are seen here.
  {
    programs: takesResponseFiles,
    argument: (value) =>
      /^@./.test(value) ||
      /^-W[lap],(?:.*,)?@(?!loader_path|executable_path|rpath)|^-[ix][r!-]*\d?@/.test(value),
    rule: 'shell.workspace.list',
  },
  // A module as text.
  {
    programs: /^(?:node|nodejs|tsx|bun(?: .+)?|deno(?: .+)?|prettier|eslint|mocha|vitest)$/,
    argument: (value) => /(?:^|=)data:/i.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^cargo clean$/,
    argument: (value) => value.startsWith('--target-d'),
    rule: 'shell.destructive.remove',
  },
  // Without a number make starts everything at once.
  {
    programs: /^(?:[gb]|re)?make$/,
    argument: (value, index, all) =>
      (/^(?:-[A-Za-z]*j|--j[a-z]*)$/.test(value) && !/^\d{1,3}$/.test(all[index + 1]?.value ?? '')) ||
      /^(?:-[A-Za-z]*j|--j[a-z]*=)\d{4,}$/.test(value),
    rule: 'shell.resource',
  },
  {
    programs: /^(?:ninja|samu)$/,
    argument: (value, index, all) =>
      /^-j(?:0|\d{4,})$/.test(value) ||
      (value === '-j' && /^(?:0|\d{4,})$/.test(all[index + 1]?.value ?? '')),
    rule: 'shell.resource',
  },
  {
    programs: /^shuf$/,
    argument: (value, _index, all) =>
      /^(?:-[a-z]*r|--r)/.test(value) &&
      !value.startsWith('--random') &&
      !hasOption(all, /^(?:-[a-z]*n|--h)/),
    rule: 'shell.resource',
  },
  {
    programs: /^seq$/,
    argument: (value) => /%[-+ 0#']*(?:\d{6,}|\d*\.\d{6,})/.test(value),
    rule: 'shell.resource',
  },
  // No number of rounds means for ever.
  {
    programs: /^jot$/,
    argument: (value, index, all) =>
      index === all.findIndex((word) => !word.value.startsWith('-')) &&
      !(Number(value) >= 1 && Number(value) <= 1e7),
    rule: 'shell.resource',
  },
  { programs: /^csplit$/, argument: (value) => /^\{(?:\d{5,})\}$/.test(value), rule: 'shell.resource' },
  {
    programs: /^python[\d.]*$/,
    argument: (value, _index, all) =>
      /^(?:flush|reset_db|sqlflush|delete_squashed_migrations)$/.test(value) &&
      /(?:^|\/)manage\.py$/.test(all[0]?.value ?? ''),
    rule: 'shell.destructive.remote',
  },
  {
    programs: /^php$/,
    argument: (value) => /^doctrine:(?:database:drop|schema:drop|mongodb:schema:drop)$/.test(value),
    rule: 'shell.destructive.remote',
  },
  // Runners that start what stands behind their own words.
  {
    programs: /^(?:yarn workspaces?|pnpm (?:run|exec|dlx|test|start)|hatch .+|ctest|cargo watch)$/,
    argument: (value, index, all) => index === all.length - 1 && /^(?:env|printenv)$/.test(value),
    rule: 'shell.env.dump',
  },
  {
    programs: /^php$/,
    argument: (value, _index, all) =>
      ['migrate:fresh', 'migrate:refresh', 'migrate:reset', 'db:wipe'].some((task) =>
        isBeginning(value, task),
      ) && /(?:^|\/)artisan$/.test(all[0]?.value ?? ''),
    rule: 'shell.destructive.remote',
  },
  {
    programs: /^go$/,
    argument: (value, index, all) => {
      const names = all.slice(index + 1);
      return value === 'env' && !(names.length > 0 && names.every((name) => /^[A-Z]\w*$/.test(name.value)));
    },
    rule: 'shell.env.dump',
  },
  {
    programs: /^clang-format$/,
    argument: (value) => /^--?files=?/.test(value),
    rule: 'shell.workspace.list',
  },
  {
    programs: /^file$/,
    argument: (value) => /^-[A-Za-z]*f/.test(value),
    rule: 'shell.workspace.list',
  },
  // What loads or starts something by other words than those of a profile.
  {
    programs: compilers,
    argument: (value) =>
      /^-Wl,(?:.*,)?--?plugin|^-fpass-plugin|^--(?:ld-path|ptxas-path|gcc-toolchain|for-linker|for-assembler|prefix?)(?:=|$)|^--error-handling-script/.test(
        value,
      ),
    rule: 'shell.exec.option',
  },
  {
    programs: compilers,
    argument: (value) => /^-ivfsoverlay|^--config(?:=|$)/.test(value),
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
    programs: /^cmake$/,
    argument: (value, index, all) =>
      (makeWordRule(value) !== undefined || /^(?:--?e(?:v|va|val)?(?:=|$)|-[A-Za-z]*[Ef])/.test(value)) &&
      all.slice(0, index).some((before) => before.value === '--'),
    rule: 'shell.exec.config',
  },
  {
    programs: /^cmake$/,
    argument: (value) => isRiskyCmakeVariable(value.replace(/^-D\s*/, '')),
    rule: 'shell.exec.config',
  },
  // TeX takes its program where it takes a file name.
  { programs: /tex(?:mk)?$/, argument: (value) => value.startsWith('\\'), rule: 'shell.exec.script-text' },
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
  // Consoles that scripts of a project offer under these names.
  {
    programs: /^php$/,
    argument: (value, _index, all) =>
      value.length > 1 && isBeginning(value, 'tinker') && /(?:^|\/)artisan$/.test(all[0]?.value ?? ''),
    rule: 'shell.program.code-runner',
  },
  {
    programs: /^python[\d.]*$/,
    argument: (value, _index, all) =>
      /^(?:shell|shell_plus|dbshell)$/.test(value) && /(?:^|\/)manage\.py$/.test(all[0]?.value ?? ''),
    rule: 'shell.program.code-runner',
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
    programs: /^shuf$/,
    argument: (value, index, all) => {
      const range = /^(?:-i|--input-range=)?(\d+)-(\d+)$/.exec(value);
      return (
        range !== null &&
        (range[0].startsWith('-') || /^(?:-i|--input-range)$/.test(all[index - 1]?.value ?? '')) &&
        Number(range[2]) - Number(range[1]) > 1e7
      );
    },
    rule: 'shell.resource',
  },
  // The width stands among the words behind it.
  {
    programs: /^printf$/,
    argument: (value, _index, all) =>
      /%[-+ 0#]*(?:\*|\d*\.\*)/.test(all[0]?.value ?? '') && /^-?\d{6,}$/.test(value),
    rule: 'shell.resource',
  },
  // Options of its own as the value of a setting.
  {
    programs: /^(?:pytest|py\.test)$/,
    argument: (value) => /addopts\s*=/.test(value),
    rule: 'shell.exec.config',
  },
  {
    programs: /^python[\d.]*$/,
    argument: (value, index, all) =>
      (/^--te[a-z]*=[a-z+]+:/.test(value) ||
        (/^--te[a-z]*$/.test(all[index - 1]?.value ?? '') && /^[a-z+]+:/.test(value))) &&
      /(?:^|\/)manage\.py$/.test(all[0]?.value ?? ''),
    rule: 'shell.fetch.source',
  },
  {
    programs: /^cargo watch$/,
    argument: (value, index, all) => {
      const command =
        /^(?:-x|--exec=)(.+)$/.exec(value)?.[1] ??
        (/^(?:-x|--exec)$/.test(all[index - 1]?.value ?? '') ? value : '');
      return /^(?:publish|yank|login|logout|owner)\b|--(?:git|registry|index|config)\b/.test(command);
    },
    rule: 'shell.exec.option',
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
  {
    programs: /^meson$/,
    argument: (value, index, all) =>
      (index === 0 && value === 'runpython') ||
      (value === 'foreach' && all[0]?.value === 'subprojects') ||
      /^--wra[a-z]*(?:=|$)|^--gdb/.test(value),
    rule: 'shell.exec.option',
  },
  // Several kinds in one word, each with a name or a version behind it.
  {
    programs: /^(?:kubectl|k) /,
    argument: (value) =>
      value.split(/[,/.]/).some((part) => /^secrets?$/i.test(part)) || /^--raw(?:=|$)/.test(value),
    rule: 'shell.secret.read',
  },
  {
    programs: /^(?:just|task|go-task)$/,
    argument: (value) => /[;&|`$<>]/.test(value),
    rule: 'shell.exec.script-text',
  },
  {
    programs: /tex$|^etex$|^context$/,
    argument: (value) => /^--?shell-e|^--?enable-w/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^pnpm(?: .+)?$/,
    argument: (value) => value.startsWith('--config.'),
    rule: 'shell.exec.config',
  },
  { programs: /^hostname$/, argument: (value) => !value.startsWith('-'), rule: 'shell.program.system' },
];

// Every program that is named here.
const special =
  /^(?:ffmpeg|meson|tee|chmod|sed|gsed|gunzip|bunzip2|unxz|unzstd|uncompress|unlzma|pytest|py\.test|kubectl|k|date|just|task|go-task|ld(?:\.\w+)?|gold|gcc|g\+\+|cc|c\+\+|c89|c99|cpp|clang|clang\+\+|gfortran|truncate|seq|jot|mlr|miller|stack|.*tar|.*tex|rsync|zip|unzip|7z|7za|7zr|gzip|bzip2|xz|zstd|lz4|lzma|compress|pigz|brotli|split|latexmk|cp|mv|install|cmake|psql|gs|ghostscript|gh|node|nodejs|tsx|deno|php|python[\d.]*|prettier|eslint|mocha|vitest|hatch|ctest|https?|httpie|xh|streamlit|printf|ps|go|make|gmake|bmake|remake|shuf|csplit|ninja|samu|rustc|javac?|hostname|nc|ln|link|curl|wget|wget2|file|clang-format|gem|cargo|nim|yarn|pnpm|bun|npm|git|apt|apt-get)$/;
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

const unpacks =
  /^(?:gzip|gunzip|bzip2|bunzip2|xz|unxz|zstd|unzstd|lz4|lzma|compress|uncompress|pigz|brotli)$/;
const looksFurther = /^(?:nc|truncate|sed|tee|git clone|wget2?|curl|link|git (?:config|clean|prune))$/;

const mannerOf = (name: string): Manner =>
  found.get(name) ??
  keep(found, name, {
    rules: rules.filter(({ programs }) => programs.test(name)),
    more: looksFurther.test(name) || unpacks.test(name) || places(name),
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
  if (/^wget2?$/.test(name)) inspectMirror(args, into, token);
  if (name === 'ln' || name === 'link') inspectLink(args, into);
  inspectPlacement(name, args, operands, into);
  inspectNamesMade(name, args, operands, into);
  if (name === 'truncate') inspectTruncation(args, operands, into);
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

// Names that a tool makes out of those it is given.
function inspectNamesMade(
  name: string,
  args: readonly Token[],
  operands: readonly Token[],
  into: Inspection,
): void {
  if (name === 'git clone') {
    const [address] = operands;
    const made = /([^/:]+?)(?:\.git)?\/*$/.exec(address?.value ?? '')?.[1];
    if (address && made !== undefined && operands.length === 1) into.path(made, address, 'write');
  } else if (name === 'sed') {
    const suffix = args.flatMap(
      ({ value }) => /^(?:-[nErsuz]*i|--in-place=)(.+)$/s.exec(value)?.[1] ?? [],
    )[0];
    if (suffix === undefined) return;
    for (const operand of operands) {
      const [, directory = '', base = ''] = /^(.*\/)?([^/]*)$/s.exec(operand.value) ?? [];
      const saved = suffix.includes('*') ? suffix.replaceAll('*', () => base) : base + suffix;
      into.path(saved.includes('/') ? saved : directory + saved, operand, 'write');
    }
  } else if (name === 'tee') {
    // Without input it empties what it names.
    if (into.feed !== undefined || args.some(({ value }) => /^-[a-z]*a|^--a/.test(value))) return;
    for (const operand of operands) {
      const place = resolvePath(into.view.realCwd, operand.value);
      if (place.ok && (lstatSync(place.path, { throwIfNoEntry: false })?.size ?? 0) > 0)
        into.object('shell.destructive.truncate', operand, `tee ${operand.value}`);
    }
  } else if (unpacks.test(name)) {
    // Unpackers take the suffix away.
    for (const operand of operands) {
      const unpacked = operand.value.replace(/\.[^./]+$/, '');
      if (unpacked !== operand.value && unpacked !== '') into.path(unpacked, operand, 'write');
    }
  }
}

// A size that is not above the present one takes something away; what only grows a file is harmless.
function inspectTruncation(args: readonly Token[], operands: readonly Token[], into: Inspection): void {
  for (const [at, word] of args.entries()) {
    const size = /^(?:-[a-z]*s|--s[a-z]*=?)(.*)$/.exec(word.value)?.[1];
    const taken = size === '' ? (args[at + 1]?.value ?? '') : size;
    const byReference = /^(?:-[a-z]*r|--r)/.test(word.value);
    if (!byReference && (taken === undefined || /^[+>%]/.test(taken.trim()))) continue;
    // With a unit it is larger than it looks, so the comparison is on the safe side.
    const wanted = byReference || taken === undefined ? NaN : Number(/^\d+/.exec(taken)?.[0] ?? NaN);
    for (const operand of operands) {
      const place = resolvePath(into.view.realCwd, operand.value);
      const present = place.ok ? (lstatSync(place.path, { throwIfNoEntry: false })?.size ?? 0) : Infinity;
      if (present > 0 && !(wanted >= present))
        into.object('shell.destructive.truncate', operand, `truncate ${operand.value}`);
    }
  }
}

// With directories the host comes first and the path behind it; without, the pages that are fetched name the files.
function inspectMirror(args: readonly Token[], into: Inspection, token: Token): void {
  const some = (pattern: RegExp): boolean => args.some(({ value }) => pattern.test(value));
  const follows = some(/^-(?:n[a-zA-Z])*[a-oq-zA-OQ-Z]*[rmp](?![a-z]*=)|^--(?:rec|mi|page)/);
  if (!follows && !some(/^-(?:n[a-zA-Z])*[a-zA-OQ-Z]*x|^--force-d/)) return;
  if (some(/^-[a-zA-Z]*n[Hd]|^--(?:no-h|no-d|cut)/)) {
    into.object('shell.fetch.names', token, 'this combination of options');
    return;
  }
  for (const word of args) {
    const place = /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?([^/:?#]+)(?::\d+)?([^?#]*)/i.exec(word.value);
    if (word.value.startsWith('-') || !place) continue;
    into.path(place[1] ?? '', word, 'fill');
    if (place[2]) into.path(`${place[1] ?? ''}${place[2]}`, word, 'write');
  }
}
