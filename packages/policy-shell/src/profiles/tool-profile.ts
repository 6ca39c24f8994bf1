import type { ShellRuleId } from '../rules/catalogue.js';

/** What a value means to curl beyond the roles that other tools share. */
export type CurlRole =
  'curl-data' | 'curl-url' | 'curl-upload' | 'curl-output' | 'curl-format' | 'curl-hosts';

/**
 * What a value means to a tool. `pattern` and an operand `text` are never paths, an option value `text` is looked at as one
 * in case the profile is wrong; `patterns` are all words up to the next option; `any` may be one; `read`, `write` are paths, `look` one whose name and size alone are told, `fill` a directory to unpack into, `emptied` one that the tool empties first; `at-file` is text
 * unless it begins with `@`, `http-item` a field that may name a file behind `@`; `size` is a number of bytes; `count` a number of rounds; `duration` a time such as `5s`; `url` an address; `package` a package
 * specification; `code` is a program as text, `script` a file with one (`-` is standard input, an address is refused); `command` starts another command with the words that follow;
 * `preload` a module to load first, `plugin` a name of a plugin, which may only be switched off (`no:name`);
 * `directory` is a directory that the tool enters before all else, so that its words are judged from there, and a second one is refused unless it is
 * the same from everywhere; `directory-step` one entered from the one before (`git -C a -C b`); `base` one that
 * some of its words may be read from (`fill-base` unpacks there too), so that they are judged from both;
 * `command-text` is a command line in one word, for a shell, `foreign-text` one for a shell with another grammar, `split-command` what `env -S` splits, `never` a word that may not be there; `command-line` the same, judged as a command of its own; `assignments-then-command` is what `env` takes; the rest name a
 * small scanner in `src/scanners/`.
 */
export type ValueRole =
  | 'text'
  | 'pattern'
  | 'patterns'
  | 'any'
  | 'read'
  | 'look'
  | 'write'
  | 'fill'
  | 'emptied'
  | 'at-file'
  | 'http-item'
  | 'size'
  | 'count'
  | 'duration'
  | 'directory'
  | 'directory-step'
  | 'base'
  | 'fill-base'
  | 'split-command'
  | 'never'
  | 'foreign-text'
  | 'url'
  | 'package'
  | 'code'
  | 'command'
  | 'command-text'
  | 'command-line'
  | 'assignments-then-command'
  | 'module'
  | 'mode'
  | 'awk'
  | 'sed'
  | 'rename'
  | 'jq'
  | 'yq'
  | 'sql'
  | 'git-config'
  | 'git-remote'
  | 'repository'
  | CurlRole
  | 'plugin'
  | 'preload'
  | 'name-value'
  | 'script'
  | 'script-name'
  | 'ps-flags';

/** Options by role; each list is separated by blanks. `text2` and `text-path` take two values, `optional` one that is only ever joined (`-i.bak`). With a `follow` flag the tool follows the links in the trees it reads, unless a `nofollow` flag is there too. */
export type OptionLists = Partial<
  Record<ValueRole | 'flag' | 'follow' | 'nofollow' | 'info' | 'optional' | 'text2' | 'text-path', string>
>;

/** What one sub-command of a tool takes. */
export interface Grammar {
  /** Options that take a value, by what the value means; `flag` those without, `info` those that only print help. */
  readonly options?: OptionLists;
  /** Options that end in a refusal, by rule. Abbreviations and joined forms are recognised. */
  readonly refuse?: Partial<Record<ShellRuleId, string>>;
  /** Roles of the operands in order; the last one repeats. Default `['any']`. */
  readonly operands?: readonly ValueRole[];
  /** Roles that apply instead when one of the options is present. */
  readonly operandsWith?: readonly { readonly options: string; readonly operands: readonly ValueRole[] }[];
  /** Rule that applies when there is no operand and no `info` option. */
  readonly needsOperand?: ShellRuleId;
  /** Rule for options that are not listed. Without it they are judged as possible paths. */
  readonly unknownOption?: ShellRuleId;
  /** `single-dash`: `-name value` long options, no clusters and no abbreviations. */
  readonly style?: 'gnu' | 'single-dash';
  /** Whether links are followed only where every operand is a directory (`diff -r`). */
  readonly comparesTrees?: boolean;
  /** Whether options end at the first operand. */
  readonly optionsFirst?: boolean;
  /** Whether what comes from standard input is commands for the tool (`psql`), so that a pipe into it is inline code. */
  readonly takesCommands?: boolean;
  /** Rule for standard input from a pipe or a here-document (`envsubst`). */
  readonly refusesInput?: ShellRuleId;
  /** Operand values that end in a refusal, by rule. */
  readonly refuseOperands?: Partial<Record<ShellRuleId, string>>;
}

/** What a tool takes, with its sub-commands. */
export interface ToolDescription extends Grammar {
  /** A refusal of the whole program. */
  readonly refused?: ShellRuleId;
  /** Sub-commands: keys are names separated by blanks. The options above are then the global ones. */
  readonly subcommands?: Readonly<Record<string, Grammar | ShellRuleId>>;
  /**
   * Whether the tool knows a sub-command by its beginning too, each part between colons by its own (`npm pub`, `m:fresh`); a
   * sub-command that has to be written out then stands in `subcommands`, so that it is no beginning of another.
   */
  readonly abbreviates?: boolean;
  /** What happens to other sub-commands: a rule, or the grammar that fits them. Default: judged as `any`. */
  readonly otherSubcommand?: ShellRuleId | Grammar;
  /** Sub-commands that run a script of the project or a program by name; one that is not listed does so too. */
  readonly runsPrograms?: string;
  /** Whether the global options may also stand behind the sub-command. Default true. */
  readonly globalsAnywhere?: boolean;
}

/** What this policy knows about one tool. Profiles are data: see docs/adding-a-tool.md. */
export interface ToolProfile extends ToolDescription {
  /** Program names, separated by blanks. */
  readonly names: string;
  /** What describes the tool instead where the option `elevation` is `allow`: an agent that is root may install. */
  readonly elevated?: ToolDescription;
}
