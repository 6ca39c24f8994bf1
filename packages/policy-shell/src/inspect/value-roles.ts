import { posix } from 'node:path';
import { riskyAwk } from '../scanners/awk.js';
import { resolvePath } from '../path/resolve-path.js';
import { enterDirectory, isInRepository, type PathAccess } from '../path/workspace-paths.js';
import { isGitHelperAddress, isHarmlessGitSetting } from '../scanners/git-values.js';
import { riskyJq, riskySql } from '../scanners/jq.js';
import { makeWordRule } from '../scanners/make-words.js';
import { riskyRename } from '../scanners/rename.js';
import { riskySed } from '../scanners/sed.js';
import type { ValueRole } from '../profiles/tool-profile.js';
import type { Token } from '../rules/finding.js';
import { inspectCurlValue } from './curl-values.js';
import type { Inspection } from './inspection.js';
import { inspectMode } from './mode.js';
import { pathsInQuery } from './embedded-paths.js';
import { inspectUrl, recordPossiblePaths } from './possible-paths.js';

// Packages of the project that are made to be loaded first; their code is the project's own, as a script is.
const usualPreload =
  /^(?:dotenv(?:-\w+)?\/config|(?:ts-node|tsconfig-paths|source-map-support|esbuild-register|@swc-node|@swc|@babel|sucrase|module-alias|tsx)(?:\/(?:register|esm|cjs|node)(?:\/[\w-]+)?)?|reflect-metadata)$/;
// `gh:owner/name` is short for one, and so is `name@owner` of jbang.
const address = /^(?:[a-z+]+:\/\/|git\+|git@|(?:gh|gl|bb|github|gitlab|bitbucket|gist):|[\w.-]+@[\w.~/-]+$)/i;
const gibibyte = 2 ** 30;
const sizes: Readonly<Record<string, number>> = { '': 1, b: 512, k: 2 ** 10, m: 2 ** 20, g: gibibyte };

/** Judges one value by its role, except those roles that consume the rest of the words. */
export function inspectValue(role: ValueRole, token: Token, program: string, into: Inspection): void {
  const { value } = token;
  switch (role) {
    case 'text':
    case 'pattern':
    case 'patterns':
    case 'command':
    case 'command-line':
    case 'assignments-then-command':
    case 'split-command':
    case 'module':
      return;
    case 'any':
      recordPossiblePaths(token, 'any', into);
      return;
    case 'read':
      recordPossiblePaths(token, 'read', into);
      return;
    case 'never':
      into.object('shell.exec.wrapper-usage', token, program);
      return;
    case 'directory':
      enterOnce(token, into);
      return;
    case 'directory-step':
      if (program === 'git' && isBareRepository(value, into)) into.object('shell.exec.config', token);
      enter(token, into);
      return;
    case 'base':
    case 'fill-base':
      addBase(token, role === 'base' ? 'any' : 'fill', into);
      return;
    case 'look':
      recordPossiblePaths(token, 'look', into);
      return;
    case 'script':
      if (value === '-' || value === '') into.inlineCode(token, `The input of ${program}`);
      else if (address.test(value)) into.object('shell.fetch.source', token);
      else inspectValue('read', token, program, into);
      return;
    case 'write':
      if (value === '/dev/null') into.object('shell.destructive.overwrite', token);
      recordPossiblePaths(token, 'write', into);
      return;
    case 'fill':
      recordPossiblePaths(token, 'fill', into);
      return;
    case 'emptied':
      inspectEmptied(token, program, into);
      return;
    case 'at-file':
      if (value.startsWith('@')) into.path(value.slice(1), token, 'any');
      return;
    case 'http-item': {
      // `field@file`, `field=@file`, `field:=@file`, `Header:@file`, each with `;type=…` behind it.
      const file = /^[^=:@]*(?::?==?|:)?@([^;]*)/.exec(value)?.[1];
      if (file !== undefined) into.path(file, token, 'any');
      return;
    }
    case 'curl-data':
    case 'curl-url':
    case 'curl-upload':
    case 'curl-output':
    case 'curl-format':
    case 'curl-hosts':
      inspectCurlValue(role, token, into);
      return;
    case 'plugin':
      if (!value.startsWith('no:')) into.object('shell.exec.option', token);
      return;
    case 'preload':
      if (!usualPreload.test(value)) into.object('shell.exec.option', token, `${program} ${value}`);
      return;
    case 'size':
      inspectSize(token, program, into);
      return;
    case 'count':
      if (!(Math.abs(Number(value)) <= 1e7)) into.object('shell.resource', token);
      return;
    case 'duration':
      inspectDuration(token, into);
      return;
    case 'url':
      inspectUrl(token, into);
      return;
    case 'package':
      inspectPackage(token, program, into);
      return;
    case 'code':
    case 'command-text':
    case 'foreign-text':
      into.inlineCode(token, program);
      return;
    case 'mode':
      inspectMode(token, into);
      return;
    case 'awk':
      refuseRisk(riskyAwk(value), token, into);
      return;
    case 'sed':
      refuseRisk(riskySed(value), token, into);
      return;
    case 'rename':
      refuseRisk(riskyRename(value), token, into);
      return;
    case 'jq':
      refuseRisk(riskyJq(value), token, into);
      return;
    case 'yq':
      // Whether a word is the filter or a file depends on the version of yq: it is judged as both.
      if (!/^(?:e|ea|eval|eval-all)$/.test(value)) refuseRisk(riskyJq(value), token, into);
      recordPossiblePaths(token, 'any', into);
      return;
    case 'sql':
      refuseRisk(riskySql(value), token, into);
      for (const file of pathsInQuery(value)) into.path(file, token, 'any');
      return;
    case 'git-config':
      if (!isHarmlessGitSetting(value) && /[.=]/.test(value)) into.object('shell.exec.config', token);
      return;
    case 'git-remote':
      if (isGitHelperAddress(value)) into.object('shell.exec.option', token);
      else if (/^(?!https?:|ssh:|git:|file:)[a-z][a-z0-9+.-]*:\/\//i.test(value))
        into.object('shell.fetch.scheme', token);
      else recordPossiblePaths(token, 'any', into);
      return;
    case 'repository':
      // Another directory may be made by file tools, with settings that start programs; `.git` is git's own.
      if (!/(?:^|\/)\.git(?:\/|$)/.test(value)) into.object('shell.exec.config', token);
      recordPossiblePaths(token, 'read', into);
      return;
    case 'name-value':
      inspectNameValue(token, into);
      return;
    case 'script-name':
      if (value === 'env') into.object('shell.env.dump', token);
      return;
    case 'ps-flags':
      if (/^[A-Za-z]*[eE][A-Za-z]*$/.test(value)) into.object('shell.env.dump', token, `ps ${value}`);
      return;
  }
}

function refuseRisk(risk: string | undefined, token: Token, into: Inspection): void {
  if (risk !== undefined) into.object('shell.exec.script-text', token, `${token.value} (${risk})`);
}

const outputName =
  /^(?:dist|builds?|public|out|output|site|_site|target|www|htdocs|coverage|_build|book|te?mp|storybook-static|\.(?:next|nuxt|output|vitepress|astro|svelte-kit|nyc_output|cache|tmp))(?:[-_.].*)?$/i;

// What is there and carries no name that build output goes by is somebody's work.
function inspectEmptied(token: Token, program: string, into: Inspection): void {
  recordPossiblePaths(token, 'write', into);
  // Tools collapse `..` before or after they follow links.
  for (const { realCwd, realRoot } of [into.view, ...into.bases]) {
    for (const path of new Set([token.value, posix.normalize(token.value)])) {
      const place = resolvePath(realCwd, path);
      if (!place.ok || !place.exists) continue;
      const below = place.path.startsWith(`${realRoot}/`) ? place.path.slice(realRoot.length + 1) : '';
      if (below.split('/').some((name) => outputName.test(name))) continue;
      into.object('shell.destructive.remove', token, `${program} ${token.value}`);
      return;
    }
  }
}

function inspectSize(token: Token, program: string, into: Inspection): void {
  const found = /^([-+<>/%]?)(\d+)([a-z]?)i?b?$/i.exec(token.value);
  if (!found) {
    into.object('shell.resource', token);
    return;
  }
  const unit = sizes[(found[3] ?? '').toLowerCase()] ?? Infinity;
  if (Number(found[2]) * unit > gibibyte) into.object('shell.resource', token);
  if (program === 'truncate' && Number(found[2]) === 0 && found[1] === '') {
    into.object('shell.destructive.truncate', token, `${program} ${token.value}`);
  }
}

const seconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };
const longest = 86_400;

// Every call has a time-out; what asks for more than a day wants to stay behind it.
function inspectDuration(token: Token, into: Inspection): void {
  const found = /^(\d*\.?\d*)([smhd]?)$/.exec(token.value);
  const length = Number(found?.[1] ?? NaN) * (seconds[found?.[2] ?? ''] ?? NaN);
  if (!(length <= longest)) into.object('shell.resource', token, `sleep ${token.value}`);
}

// Where a package is taken from the npm registry, `owner/name` is a repository of GitHub unless it is there.
const npmPackages =
  /^(?:npx|bunx|pnpx|(?:npm|pnpm|yarn|yarnpkg|bun) (?:install|i|add|in|ins|isntall|update|upgrade|up|ci|link|ln|import|exec|x|dlx|create|init|it|install-test|dedupe))$/;
const repository = /^(?:(?:@[\w.-]+\/)?[\w.-]+@)?(?![.~@-])[\w.-]+\/[\w.-]+(?:#.*)?$/;

function isRepository(value: string, program: string, { view }: Inspection): boolean {
  if (!value.includes('/') || !npmPackages.test(program) || !repository.test(value)) return false;
  const found = resolvePath(view.realCwd, value);
  return !found.ok || !found.exists;
}

function inspectPackage(token: Token, program: string, into: Inspection): void {
  const { value } = token;
  if (value === '-' && into.feed !== undefined) {
    into.inlineCode(token, 'Standard input');
  } else if (
    /^(?:[\w.@/[\],-]+\s*@\s*)?(?:git\+|(?:https?|git|ssh|ftp|svn|hg|bzr):|git@|github:|gitlab:|bitbucket:|gist:|hg\+|svn\+)/i.test(
      value,
    )
  ) {
    into.object('shell.fetch.source', token);
  } else if (/^[\w.[\],-]+\s*@\s*file:/i.test(value)) {
    into.path(value.replace(/^[^@]*@\s*file:(?:\/\/[^/]*)?/i, ''), token, 'any');
  } else if (isRepository(value, program, into)) {
    into.object('shell.fetch.source', token);
  } else {
    recordPossiblePaths(token, 'any', into);
  }
}

// make VAR=value: what names a shell or a compiler runs it, and `$(…)` is evaluated.
function inspectNameValue(token: Token, into: Inspection): void {
  const rule = makeWordRule(token.value);
  if (rule) into.object(rule, token);
  recordPossiblePaths(token, 'any', into);
}

// A directory that git takes for a repository although it has another name than `.git`: its settings are a file like any other.
function isBareRepository(directory: string, { view }: Inspection): boolean {
  const found = resolvePath(view.realCwd, directory);
  return (
    found.ok &&
    found.exists &&
    ['HEAD', 'objects', 'refs'].every((name) => {
      const entry = resolvePath(found.path, name);
      return entry.ok && entry.exists;
    })
  );
}

const mostBases = 8;

// What a program around may start in several places enters as many, and its words are judged from one.
function refuseOfSeveral(token: Token, into: Inspection): void {
  if (into.startsInSeveral && !posix.isAbsolute(token.value))
    into.object('shell.syntax.too-complex', token, 'a directory to enter from several');
}

// Of two such options most tools heed the last alone, as `env` does: from where the first leads the second is another place.
function enterOnce(token: Token, into: Inspection): void {
  if (into.view !== into.origin) {
    const alone = enterDirectory(token.value, into.origin);
    const behind = enterDirectory(token.value, into.view);
    if (!alone || alone.realCwd !== behind?.realCwd || alone.cwd !== behind.cwd) {
      into.object('shell.syntax.too-complex', token, 'a second directory to enter');
      return;
    }
  }
  enter(token, into);
}

// What stands before the option has been judged from the old directory, and is read from the new one.
function enter(token: Token, into: Inspection): void {
  refuseOfSeveral(token, into);
  const entered = enterDirectory(token.value, into.view);
  if (entered && isInRepository(entered.realCwd)) into.object('shell.workspace.protected', token);
  if (entered && entered !== into.view) into.judgeAlsoFrom([entered], token);
  into.entering(() => recordPossiblePaths(token, 'read', into));
  if (!entered || entered === into.view) return;
  into.bases = into.bases.map((base) => enterDirectory(token.value, base) ?? base);
  into.view = entered;
}

/** Judges a directory that some words of the program may be read from, and has all of them judged from there too. */
export function addBase(token: Token, access: PathAccess, into: Inspection): void {
  refuseOfSeveral(token, into);
  into.entering(() => recordPossiblePaths(token, access, into));
  const known = [into.view, ...into.bases];
  const entered = known.map((view) => enterDirectory(token.value, view));
  if (entered.some((view) => view && isInRepository(view.realCwd)))
    into.object('shell.workspace.protected', token);
  for (const base of entered)
    if (base && !known.some(({ realCwd, cwd }) => realCwd === base.realCwd && cwd === base.cwd))
      known.push(base);
  if (known.length > mostBases)
    into.object('shell.syntax.too-complex', token, `more than ${mostBases} directories`);
  else into.bases = known.slice(1);
}
