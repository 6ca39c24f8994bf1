import { resolvePath } from '../path/resolve-path.js';
import { findProfile, type KnownProgram } from '../profiles/find-profile.js';
import type { Grammar, ToolProfile } from '../profiles/tool-profile.js';
import type { Token } from '../rules/finding.js';
import { inspectAssignment } from './assignments.js';
import { inspectArguments, inspectGlobalOptions, type WalkHandlers } from './inspect-arguments.js';
import type { Inspection } from './inspection.js';
import { inspectWholeCommand } from './whole-command.js';
import { inspectUnknownProgram } from './unknown-program.js';

const maximumDepth = 6;
const systemDirectory = /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/;
const codeModules =
  /^(?:timeit|code|pdb|codeop|idlelib.*|pty|bdb|antigravity|trace|this|turtledemo|webbrowser)$/;
const serverModules = /^(?:http\.server|smtpd|pydoc|xmlrpc\.server|socketserver)$/;

/** Judges one command and, through wrappers, every command it starts. Findings and paths collect in `into`. */
export function inspectCommand(words: readonly Token[], into: Inspection): void {
  const [first, ...args] = words;
  if (!first) return;
  if (++into.depth > maximumDepth) {
    into.object('shell.exec.depth', first);
    return;
  }
  const program = identify(first, into);
  if (program) inspectProgram(program, first, args, into);
  into.depth--;
}

interface Identified {
  readonly name: string;
  readonly known: KnownProgram | undefined;
  readonly system: boolean;
}

// A rule must hold for /bin/rm, ./rm, a link to rm and rm itself alike (research page, lesson 4).
function identify(token: Token, into: Inspection): Identified | undefined {
  const { value } = token;
  const name = value.slice(value.lastIndexOf('/') + 1);
  // npx and its kin take an address where others take a program.
  if (/^(?:[a-z][a-z0-9+.-]*:|git@)/i.test(value)) {
    into.object('shell.fetch.source', token);
    return undefined;
  }
  if (!/^(?:[A-Za-z0-9_][\w.+@:-]*|\[)$/.test(name) || !/^[\x21-\x7e]+$/.test(value)) {
    into.object('shell.program.name', token, value === '' ? 'An empty word' : value);
    return undefined;
  }
  if (!value.includes('/')) return { name, known: findProfile(name), system: true };
  if (systemDirectory.test(value)) return { name, known: findProfile(name), system: true };
  into.path(value, token, 'read');
  const resolved = resolvePath(into.view.realCwd, value);
  const real = resolved.ok ? resolved.path : value;
  const known = findProfile(name) ?? findProfile(real.slice(real.lastIndexOf('/') + 1));
  return { name: known?.name ?? name, known, system: false };
}

function inspectProgram(
  { name, known, system }: Identified,
  token: Token,
  args: readonly Token[],
  into: Inspection,
): void {
  const before = into.programs.length;
  const record = (subcommand: string | undefined, wrapper: boolean): void => {
    into.programs.splice(before, 0, { name, token, subcommand, wrapper, system });
  };
  if (!known) {
    record(args.find(({ value }) => !value.startsWith('-'))?.value, false);
    inspectUnknownProgram(name, args, into, inspectCommand);
    return;
  }
  const { profile } = known;
  if (profile.refused) {
    record(undefined, false);
    into.object(profile.refused, token, name);
    return;
  }
  if (known.elevates && into.options.elevation === 'deny')
    into.object('shell.program.elevation', token, name);
  const handlers = handlersFor(name, token, into);
  if (profile.subcommands) {
    record(inspectSubcommand(name, token, profile, args, into, handlers)?.value, false);
    return;
  }
  const walk = inspectArguments(name, token, profile, args, into, handlers);
  record(
    args[walk.firstOperand]?.value,
    walk.delegated && profile.operands?.at(-1)?.endsWith('command') === true,
  );
  inspectWholeCommand(name, args, into, token);
}

function inspectSubcommand(
  name: string,
  program: Token,
  profile: ToolProfile,
  args: readonly Token[],
  into: Inspection,
  handlers: WalkHandlers,
): Token | undefined {
  const globals: Grammar = {
    ...(profile.options ? { options: profile.options } : {}),
    ...(profile.refuse ? { refuse: profile.refuse } : {}),
  };
  const at = inspectGlobalOptions(name, program, profile, args, into, handlers);
  const token = at < 0 ? undefined : args[at];
  if (!token) return undefined;
  const key = Object.keys(profile.subcommands ?? {}).find((names) => names.split(' ').includes(token.value));
  const entry = key === undefined ? profile.otherSubcommand : profile.subcommands?.[key];
  const label = `${name} ${token.value}`;
  if (typeof entry === 'string') {
    into.object(entry, token, label);
    return token;
  }
  // The operand lists of the tool itself hold for its sub-commands too.
  const refused = profile.refuseOperands;
  if (refused) {
    for (const [rule, list] of Object.entries(refused)) {
      if (list.split(' ').includes(token.value.split(' ', 1)[0] ?? ''))
        into.object(rule as Parameters<Inspection['object']>[0], token, label);
    }
  }
  if (key === undefined) inspectArguments(name, token, { operands: ['any'] }, [token], into, handlers);
  inspectArguments(
    label,
    token,
    entry ?? {},
    args.slice(at + 1),
    into,
    handlers,
    profile.globalsAnywhere === false ? undefined : globalsOf(profile, globals),
  );
  inspectWholeCommand(label, args.slice(at + 1), into, token);
  return token;
}

// One object per profile, so that compiled grammars are found again.
const globalsByProfile = new WeakMap<ToolProfile, Grammar>();
function globalsOf(profile: ToolProfile, fresh: Grammar): Grammar {
  const known = globalsByProfile.get(profile);
  if (known) return known;
  globalsByProfile.set(profile, fresh);
  return fresh;
}

function handlersFor(name: string, token: Token, into: Inspection): WalkHandlers {
  return {
    command: (words) => inspectCommand(words, into),
    assignmentsThenCommand: (words) => {
      const start = words.findIndex(({ value }) => !/^[A-Za-z_]\w*=/.test(value));
      for (const word of start < 0 ? words : words.slice(0, start)) inspectAssignment(word, into);
      if (start < 0) into.object(name === 'env' ? 'shell.env.dump' : 'shell.exec.wrapper-usage', token, name);
      else inspectCommand(words.slice(start), into);
    },
    module: (words) => {
      const [module, ...args] = words;
      if (!module) return;
      if (codeModules.test(module.value))
        into.object('shell.program.code-runner', module, `${name} -m ${module.value}`);
      else if (serverModules.test(module.value))
        into.object('shell.program.network', module, `${name} -m ${module.value}`);
      else if (findProfile(module.value)) inspectCommand([module, ...args], into);
      else
        inspectArguments(
          module.value,
          module,
          { operands: ['any'] },
          args,
          into,
          handlersFor(name, token, into),
        );
    },
    commandText: (word) => into.inlineCode(word, `${name} -c`),
  };
}
