import { posix } from 'node:path';

/** What {@link ShellCommandPolicy} takes. */
export interface ShellPolicyOptions {
  /** `allow_all` judges every program, `allowlist` admits only `allow`, `deny_all` nothing. Default `allow_all`. */
  readonly mode?: 'allow_all' | 'deny_all' | 'allowlist' | undefined;
  /** Programs that `allowlist` admits: `'name'`, `'name sub-command'`, or a workspace script as `'./run.sh'`. */
  readonly allow?: readonly string[] | undefined;
  /** Programs that are refused in every mode, in the same form. */
  readonly deny?: readonly string[] | undefined;
  /** Whether pipes, lists, literal redirections and quoted here-documents pass, each part judged by itself. Default false. */
  readonly relaxed?: boolean | undefined;
  /** Absolute path of the directory the agent works in. Required unless `restrictToWorkspace` is false. */
  readonly workspace?: string | undefined;
  /** Whether every path must stay inside `workspace`. Default true. */
  readonly restrictToWorkspace?: boolean | undefined;
  /** What happens to code in arguments (`python -c`, `node -e`, `sh -c`). Default `deny`. */
  readonly inlineCode?: 'deny' | 'ask' | 'allow' | undefined;
  /** Whether `sudo`, `doas` and `su` may start the command behind them. Default `deny`. */
  readonly elevation?: 'deny' | 'allow' | undefined;
}

/** Options with every default filled in and every value checked. */
export interface CheckedOptions {
  readonly mode: 'allow_all' | 'deny_all' | 'allowlist';
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly relaxed: boolean;
  readonly workspace: string | undefined;
  readonly restrictToWorkspace: boolean;
  readonly inlineCode: 'deny' | 'ask' | 'allow';
  readonly elevation: 'deny' | 'allow';
}

const known = new Set([
  'mode',
  'allow',
  'deny',
  'relaxed',
  'workspace',
  'restrictToWorkspace',
  'inlineCode',
  'elevation',
]);

/** Gives checked options. @throws TypeError that names the bad, unknown or missing option. */
export function checkOptions(options: ShellPolicyOptions): CheckedOptions {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError('options must be an object');
  }
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw new TypeError(`unknown option "${name}"`);
  }
  const checked: CheckedOptions = {
    mode: oneOf(options, 'mode', ['allow_all', 'deny_all', 'allowlist'], 'allow_all'),
    allow: entries(options, 'allow'),
    deny: entries(options, 'deny'),
    relaxed: flag(options, 'relaxed', false),
    workspace: directory(options.workspace),
    restrictToWorkspace: flag(options, 'restrictToWorkspace', true),
    inlineCode: oneOf(options, 'inlineCode', ['deny', 'ask', 'allow'], 'deny'),
    elevation: oneOf(options, 'elevation', ['deny', 'allow'], 'deny'),
  };
  if (checked.restrictToWorkspace && checked.workspace === undefined) {
    throw new TypeError('option "workspace" is required unless "restrictToWorkspace" is false');
  }
  return checked;
}

function oneOf<Value extends string>(
  options: ShellPolicyOptions,
  name: 'mode' | 'inlineCode' | 'elevation',
  values: readonly Value[],
  fallback: Value,
): Value {
  const value: unknown = options[name];
  if (value === undefined) return fallback;
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw new TypeError(`option "${name}" must be one of ${values.join(', ')}`);
  return found;
}

function flag(
  options: ShellPolicyOptions,
  name: 'relaxed' | 'restrictToWorkspace',
  fallback: boolean,
): boolean {
  const value: unknown = options[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw new TypeError(`option "${name}" must be a boolean`);
  return value;
}

function entries(options: ShellPolicyOptions, name: 'allow' | 'deny'): readonly string[] {
  const value: unknown = options[name];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError(`option "${name}" must be an array of strings`);
  return value.map((entry: unknown) => {
    if (typeof entry !== 'string' || !/^\S+(?: \S+)?$/.test(entry)) {
      throw new TypeError(
        `option "${name}" must hold 'name' or 'name sub-command', not ${JSON.stringify(entry)}`,
      );
    }
    return entry;
  });
}

function directory(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !posix.isAbsolute(value) || value.includes('\0')) {
    throw new TypeError('option "workspace" must be an absolute path');
  }
  const normal = posix.normalize(value).replace(/(?<=.)\/+$/, '');
  if (normal === '/') throw new TypeError('option "workspace" must not be the root directory');
  return normal;
}
