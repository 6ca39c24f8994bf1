import { isCredentialFile } from '../path/workspace-paths.js';
import { hasOption, type ArgumentRule } from './argument-rule.js';
import { publishesByGradle } from './build-names.js';
import { mavenRules } from './maven-rules.js';

/** The programs that {@link runnerRules} speak of. */
export const runnerRuleTools =
  /^(?:exiftool|pandoc|rollup|sbt|gradlew?|pnpm|gem|rails|dotnet|httpie|hugo|goreleaser|glab|jj|sl|lein|rustc|cargo|mvn(?:[wd]|Debug|yjp)?|gh)$/;

// Joined to its option, behind `=`, or in the next word.
const valueOf = (option: RegExp, value: string, before: string | undefined): string | undefined => {
  if (before !== undefined && option.test(before)) return value;
  const joined = /^(--?[A-Za-z][\w-]*)=(.*)$/s.exec(value);
  if (joined?.[1] !== undefined && option.test(joined[1])) return joined[2];
  const short = /^(-[A-Za-z])(.+)$/s.exec(value);
  return short?.[1] !== undefined && option.test(short[1]) ? short[2] : undefined;
};

const address = /^[a-z+]+:\/\//i;
const usualLinker = /(?:lld|mold|gold|bfd|wild)(?:-\d+)?/;
const linkerProgram = new RegExp(
  `^(?:-C\\s*|--codegen=)?(?:linker=|link-args?=(?:.*\\s)?(?:-fuse-ld=(?!${usualLinker.source}(?:\\s|$))|--?ld-path|-B|--?specs|-wrapper|-fplugin|-Wl,\\S*plugin|@))`,
  's',
);
const pdfEngine =
  /^(?:pdflatex|lualatex|xelatex|latexmk|tectonic|wkhtmltopdf|weasyprint|pagedjs-cli|prince|context|typst|pdfroff)$/;
const cleanedOutput = /^(?:\.\/)?(?:[\w-]+\/)*(?:dist|build|public|site|_site|out|output|www)[\w-]*\/?$/;

/** Gives an address with its `%` signs read; one that is broken stays as it is, so that the others still count. */
export const decodeAddress = (value: string): string =>
  value.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
const secretRoute =
  /(?:^|\/)(?:[\w-]*(?:variables|secrets)|secret-scanning|\w*tokens?|\w*keys|hooks|credentials|runners|triggers)(?:[/?#]|$)/i;

/** Rules over the arguments of build tools, runners and clients of services. What concerns several words is asked at the first of them only: per word it would cost the square of their number. */
export const runnerRules: readonly ArgumentRule[] = [
  // Behind `;` in the name of a tag stands Perl.
  {
    programs: /^exiftool$/,
    argument: (value) =>
      value.split('}').some((part) => part.lastIndexOf(';') > part.indexOf('${') && part.includes('${')) ||
      /^(?:-api=?)?filter\s*\^?=/i.test(value),
    rule: 'shell.exec.script-text',
  },
  // A writer or reader in Lua, where others have the name of a format.
  {
    programs: /^pandoc$/,
    argument: (value, index, all) =>
      /\.lua(?:[+-]\w+)*$/.test(
        valueOf(/^(?:-[twfr]|--(?:t|to|w|wr\w*|f|fr\w*|r|re|read))$/, value, all[index - 1]?.value) ?? '',
      ),
    rule: 'shell.exec.option',
  },
  {
    programs: /^pandoc$/,
    argument: (value, index, all) => {
      const engine = valueOf(/^--pdf-engine$/, value, all[index - 1]?.value);
      return engine !== undefined && !pdfEngine.test(engine);
    },
    rule: 'shell.exec.option',
  },
  {
    programs: /^pandoc$/,
    argument: (value, index, all) =>
      (value === 'lua' && index === 0 && all.length === 1) ||
      (all[0]?.value === 'lua' && index > 0 && /^-(?:[ile].*)?$/.test(value)),
    rule: 'shell.inline-code.deny',
  },
  // A plug-in with options, or given as an object, is evaluated.
  {
    programs: /^rollup$/,
    argument: (value, index, all) =>
      /[{(=]/.test(valueOf(/^(?:-p|--plugin)$/, value, all[index - 1]?.value) ?? ''),
    rule: 'shell.exec.script-text',
  },
  {
    programs: /^(?:rustc|cargo .+)$/,
    argument: (value) => linkerProgram.test(value),
    rule: 'shell.exec.option',
  },
  ...mavenRules,
  {
    programs: /^sbt$/,
    argument: (value) =>
      /(?:^|[;/])[\s~+*-]*(?:publish(?!Local|M2)\w*|release|sonatype\w*|ci-release)(?:\s|$)/.test(value),
    rule: 'shell.destructive.remote',
  },
  {
    programs: /^lein$/,
    argument: (value, index) => index === 0 && value === 'deploy',
    rule: 'shell.destructive.remote',
  },
  // Several commands in one word, some of which are Scala.
  {
    programs: /^sbt$/,
    argument: (value) => /(?:^|[;/])[\s~+*-]*(?:eval|set|console\w*|apply|alias)(?:\s|$)/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^gradlew?$/,
    argument: (value) => publishesByGradle(value),
    rule: 'shell.destructive.remote',
  },
  { programs: /^pnpm set$/, argument: (_value, index) => index === 0, rule: 'shell.exec.config' },
  {
    programs: /^gem sources$/,
    argument: (value) => /^(?:-[a-z]*[arucp]|--(?:a|r|u|c|p))/.test(value),
    rule: 'shell.fetch.source',
  },
  {
    programs: /^rails(?: .+)?$/,
    argument: (value) => /^LOCATION=[a-z+]+:/i.test(value),
    rule: 'shell.fetch.source',
  },
  {
    programs: /^dotnet$/,
    argument: (value, _index, all) => address.test(value) && all[0]?.value === 'new',
    rule: 'shell.fetch.source',
  },
  {
    programs: /^httpie$/,
    argument: (_value, index, all) =>
      index === 0 && hasOption(all, /^plugins$/) && hasOption(all, /^(?:install|upgrade|uninstall)$/),
    rule: 'shell.fetch.system',
  },
  {
    programs: /^hugo$/,
    argument: (_value, index, all) =>
      index === 0 &&
      hasOption(all, /^--cleanD/) &&
      all.some(({ value }, at) => {
        const place = valueOf(/^(?:-d|--dest\w*)$/, value, all[at - 1]?.value);
        return place !== undefined && !cleanedOutput.test(place);
      }),
    rule: 'shell.destructive.remove',
  },
  {
    programs: /^goreleaser$/,
    argument: (_value, index, all) =>
      index === 0 &&
      hasOption(all, /^(?:release|r|publish|continue|announce)$/) &&
      !hasOption(all, /^--(?:snapshot|skip=(?:.*,)?publish(?:,|$))/),
    rule: 'shell.destructive.remote',
  },
  // It opens an editor unless it is told the text.
  {
    programs: /^(?:jj|sl)$/,
    argument: (_value, index, all) =>
      index === 0 &&
      hasOption(all, /^desc(?:ribe)?$/) &&
      !hasOption(all, /^(?:-m|--message|--stdin|--no-edit)/),
    rule: 'shell.program.interactive',
  },
  // Fields make a request that changes something, except for a query as plain text.
  {
    programs: /^(?:gh|glab) api$/,
    argument: (value, index, all) => {
      if (all[0]?.value !== 'graphql') return /^(?:-[A-Za-z]*[fF]|--(?:f|ra|i(?!nclude$)))/.test(value);
      if (/mutation|@|^--in|^-[A-Za-z]*X|^--m/i.test(value)) return true;
      // A typed field has place-holders, which the repository fills.
      return /^query=/.test(valueOf(/^(?:-[A-Za-z]*F|--fi\w*)$/, value, all[index - 1]?.value) ?? '');
    },
    rule: 'shell.destructive.remote',
  },
  {
    programs: /^(?:gh|glab) api$/,
    argument: (value, _index, all) =>
      secretRoute.test(decodeAddress(value)) ||
      (all[0]?.value === 'graphql' && /variables|secret|token/i.test(value)),
    rule: 'shell.secret.read',
  },
  // A file of a repository, by its path or in a query as `HEAD:.env`.
  {
    programs: /^(?:gh|glab) api$/,
    argument: (value, index, all) =>
      !/^(?:-[qt]|--(?:jq|template)(?:=|$))/.test(value) &&
      !/^(?:-[qt]|--(?:jq|template))$/.test(all[index - 1]?.value ?? '') &&
      decodeAddress(value)
        .split(/[/?#&="'\s]/)
        .some((part) => isCredentialFile(part)),
    rule: 'shell.secret.file',
  },
  {
    programs: /^(?:gh|glab) api$/,
    argument: (value, index, all) => {
      if (!/^(?:-[A-Za-z]*X|--m)/.test(value)) return false;
      const method = /^(?:-[A-Za-z]*X|--m[a-z]*=)(.+)$/.exec(value)?.[1] ?? all[index + 1]?.value ?? '';
      return !/^(?:GET|HEAD)$/i.test(method);
    },
    rule: 'shell.destructive.remote',
  },
  {
    programs: /^(?:gh|glab) api$/,
    argument: (value) => address.test(value) && !/^https:\/\/api\.github\.com\//.test(value),
    rule: 'shell.program.network',
  },
];
