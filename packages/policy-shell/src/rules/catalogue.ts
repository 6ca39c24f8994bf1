import type { Effect } from '@clawforce/policy-core';

/** The layers of the shell policy, in the order in which they speak. */
export type ShellLayer = 'syntax' | 'deny-rule' | 'workspace' | 'confiner' | 'policy';

/** One entry of the rule catalogue. In `reason`, `{}` stands for the offending text. */
export interface ShellRule {
  /** The layer the rule belongs to. */
  readonly layer: ShellLayer;
  /** What the rule answers when it applies. */
  readonly effect: Effect;
  /** One sentence for a person. */
  readonly reason: string;
  /** What would be accepted instead. */
  readonly hint?: string;
}

const rule = (layer: ShellLayer, effect: Effect, reason: string, hint?: string): ShellRule => ({
  layer,
  effect,
  reason,
  ...(hint === undefined ? {} : { hint }),
});
const syntax = (reason: string, hint?: string): ShellRule => rule('syntax', 'deny', reason, hint);
const deny = (reason: string, hint?: string): ShellRule => rule('deny-rule', 'deny', reason, hint);
const ask = (reason: string, hint?: string): ShellRule => rule('deny-rule', 'ask', reason, hint);
const place = (reason: string, hint?: string): ShellRule => rule('workspace', 'deny', reason, hint);

const one = 'Send one simple command per call.';
const literal = 'Write the value itself, or put the text in single quotes if it is meant literally.';
const direct = 'Run the program itself, without the one that starts it.';
const script = 'Write the code into a file of the workspace and run that file.';
const inside = 'Use a path inside the workspace.';

const catalogue = {
  'shell.allow': rule('policy', 'allow', 'No rule objects to this command.'),

  'shell.syntax.not-a-string': syntax('The command is not a string.'),
  'shell.syntax.empty': syntax('The command is empty.'),
  'shell.syntax.too-long': syntax(
    'The command is longer than 8192 bytes.',
    'Put long text into a file first.',
  ),
  'shell.syntax.control-character': syntax('The command holds the control character {}.', 'Remove it.'),
  'shell.syntax.invisible-character': syntax(
    'The command holds the invisible or bidirectional character {}.',
    'Remove it.',
  ),
  'shell.syntax.unusual-space': syntax(
    'The command holds the unusual white space {} outside quotes.',
    'Use an ordinary space.',
  ),
  'shell.syntax.line-continuation': syntax(
    'A backslash before a line end joins lines.',
    'Write the command on one line.',
  ),
  'shell.syntax.parse-error': syntax(
    'The command is not complete shell syntax: {}.',
    'Close every quote and bracket.',
  ),
  'shell.syntax.too-complex': syntax('The command has more parts than this policy judges: {}.', one),
  'shell.syntax.sequence': syntax('`;` or a new line starts a second command.', one),
  'shell.syntax.background': syntax(
    '`&` leaves a process behind.',
    'Run it in the foreground; the call has a time-out.',
  ),
  'shell.syntax.pipe': syntax(
    'A pipe starts a second command.',
    `${one} Many tools read files themselves: use "grep x file" for "cat file | grep x".`,
  ),
  'shell.syntax.and-or': syntax('`&&` and `||` start a second command.', one),
  'shell.syntax.negation': syntax('`!` needs a shell.', 'Run the command itself and look at its exit code.'),
  'shell.syntax.time': syntax('The keyword `time` needs a shell.', 'Every result carries its duration.'),
  'shell.syntax.redirect': syntax(
    'A redirection ({}) writes or reads a file behind the command.',
    'Use the file tools, or an option such as --output.',
  ),
  'shell.syntax.here-document': syntax(
    'A here-document or here-string feeds text to the command.',
    'Write the text to a file with write_file and name the file.',
  ),
  'shell.syntax.compound': syntax('Groups, subshells, loops, conditions and functions are not run: {}.', one),
  'shell.syntax.command-substitution': syntax(
    'A command substitution runs a second command.',
    'Run that command first and use its output. In single quotes the text is literal.',
  ),
  'shell.syntax.process-substitution': syntax('A process substitution runs a second command.', one),
  'shell.syntax.arithmetic': syntax('Arithmetic expansion is not evaluated.', literal),
  'shell.syntax.variable': syntax('The variable in {} is not expanded.', literal),
  'shell.syntax.ansi-quote': syntax(
    '$\'…\' and $"…" quoting means different things in different shells.',
    'Use plain single or double quotes.',
  ),
  'shell.syntax.brace': syntax(
    'The brace expansion {} is not evaluated.',
    'Write the words out, or quote the braces.',
  ),
  'shell.syntax.extended-glob': syntax(
    'The extended pattern {} is not evaluated.',
    'Use *, ? or [..], or quote the text.',
  ),
  'shell.syntax.glob': syntax(
    'The pattern {} cannot be expanded safely.',
    'Name the files, or quote the pattern if it is meant literally.',
  ),
  'shell.syntax.tilde': syntax(
    '`~` stands for a home directory.',
    'Use a path inside the workspace, or quote it if it is meant literally.',
  ),
  'shell.syntax.assignment': syntax(
    'The command only sets variables; nothing keeps them between calls.',
    'Put the assignment in front of the command that needs it.',
  ),
  'shell.syntax.directory': syntax(
    'What stands behind this cd could run in another directory than it is judged for.',
    'Use "cd DIR && ..." with a single directory at the start of the line.',
  ),
  'shell.syntax.unknown': syntax('The construct {} is not known to this policy.', one),

  'shell.mode.deny-all': deny('This agent runs no commands.'),
  'shell.list.denied': deny('{} is on the deny list of this agent.'),
  'shell.list.not-allowed': deny(
    '{} is not on the allow list of this agent.',
    'Use a program from the allow list.',
  ),

  'shell.program.name': deny('{} is not a usable program name.', 'Use the plain ASCII name of a program.'),
  'shell.program.builtin': deny(
    'The shell builtin {} changes or reads shell state and does nothing useful here.',
    'Every call starts afresh; pass values as arguments.',
  ),
  'shell.program.privileged': deny(
    '{} changes users, rights or accounts.',
    'Work with the rights the agent has.',
  ),
  'shell.program.elevation': deny('{} runs a command with other rights.', 'Run the command without it.'),
  'shell.program.system': deny('{} administers the machine.', 'Ask the operator to do it.'),
  'shell.program.interactive': deny(
    '{} is an interactive program and can start others.',
    'Use the file tools, sed -i or a script.',
  ),
  'shell.program.debugger': deny(
    '{} inspects or steers other processes.',
    'Use the logging or test output of the program.',
  ),
  'shell.program.package-manager': deny(
    '{} changes packages of the system.',
    'Use the package manager of the project (npm, pip in a virtual environment, ...).',
  ),
  'shell.program.container': deny(
    '{} can reach the host through a container engine.',
    'Ask the operator to do it.',
  ),
  'shell.program.cloud': deny('{} changes or reads remote infrastructure.', 'Ask the operator to do it.'),
  'shell.program.network': deny(
    '{} opens raw connections, listens or logs in elsewhere.',
    'Use web_fetch or curl with http(s).',
  ),
  'shell.program.schedule': deny('{} runs commands later, outside this call.', 'Run the command now.'),
  'shell.program.process-control': deny(
    '{} signals processes that this call did not start.',
    'Every call ends its own processes.',
  ),
  'shell.program.code-runner': deny('{} runs code given as text.', script),
  'shell.program.windows': deny(
    '{} is a Windows or macOS administration program.',
    'Use the tools of this system.',
  ),
  'shell.program.unknown-subcommand': deny(
    'The sub-command {} is not in the profile and may be an alias that runs code.',
    'Use a documented sub-command.',
  ),
  'shell.program.unknown-code-option': ask('The unknown program {} takes what looks like code.', script),

  'shell.destructive.remove': deny(
    '{} removes whole trees or hides what it removes.',
    'Remove single files with rm FILE, empty directories with rmdir.',
  ),
  'shell.destructive.overwrite': deny(
    '{} destroys content without a way back.',
    'Edit the file with the file tools.',
  ),
  'shell.destructive.disk': deny(
    '{} writes to disks or file systems directly.',
    'Ask the operator to do it.',
  ),
  'shell.destructive.mode': deny(
    '{} changes rights of whole trees, or opens files to everyone.',
    'Change the mode of single files, for example chmod 644 FILE.',
  ),
  'shell.destructive.remote': deny('{} destroys remote or shared state.', 'Ask the operator to do it.'),
  'shell.destructive.git': ask(
    '{} discards work that git cannot bring back.',
    'Use git stash, or a new branch or commit.',
  ),
  'shell.destructive.truncate': ask('{} empties a file.', 'Edit the file with the file tools.'),

  'shell.power': deny('{} stops or restarts the machine.', 'Ask the operator to do it.'),
  'shell.env.dump': deny('{} prints the environment.', 'Ask the operator for the one value you need.'),
  'shell.env.assignment': deny(
    'The variable {} is not on the list of harmless ones; it can change what programs run.',
    'Pass the value as an option of the program.',
  ),
  'shell.secret.read': deny('{} prints credentials.', 'Ask the operator for the access you need.'),
  'shell.secret.file': ask('{} usually holds credentials.', 'Ask the operator for the one value you need.'),
  'shell.resource': deny(
    '{} uses up time, memory or disk without a useful bound.',
    'Use a smaller size or count.',
  ),

  'shell.exec.option': deny(
    'The option {} makes the tool run another program or load code.',
    'Leave it out and run the other program by itself.',
  ),
  'shell.exec.script-text': deny(
    'The script {} runs commands, reads the environment or touches other files.',
    script,
  ),
  'shell.exec.wrapper': deny('{} starts another program from text or input this policy cannot see.', direct),
  'shell.exec.wrapper-usage': deny('{} is not used in a form this policy knows.', direct),
  'shell.exec.depth': deny('Too many programs start one another.', direct),
  'shell.exec.config': deny('The setting {} can make the tool run code.', 'Leave it out.'),
  'shell.option.unknown': deny(
    'The option {} is not in the profile of this program.',
    'Use the documented long form of a common option.',
  ),
  'shell.inline-code.deny': deny('{} carries code in its arguments.', script),
  'shell.inline-code.ask': ask('{} carries code in its arguments.', script),
  'shell.fetch.source': deny(
    '{} fetches code from an address instead of the configured registry.',
    'Use a package name from the registry.',
  ),
  'shell.fetch.system': deny('{} changes packages outside the project.', 'Install into the project.'),
  'shell.fetch.scheme': deny(
    'The address {} does not use http or https.',
    'Use an http(s) address, or a path inside the workspace.',
  ),
  'shell.fetch.pattern': deny(
    '{} holds a pattern that the tool expands by itself.',
    'Write the addresses and file names out, or use --globoff if the characters are meant literally.',
  ),
  'shell.fetch.names': deny(
    'With {} the server or the file read chooses the names of the files written.',
    'Name the file yourself, for example with -o.',
  ),
  'shell.fetch.metadata': deny('{} is a metadata service that hands out credentials.'),

  'shell.workspace.outside': place('The path {} leads outside the workspace.', inside),
  'shell.workspace.protected': place(
    'The path {} is protected.',
    'Use other names; these files belong to the control plane or can run code.',
  ),
  'shell.workspace.device': place('The device or process file {} is not available.', inside),
  'shell.workspace.look-alike': place(
    'The path {} imitates a protected or special name.',
    'Use plain ASCII names.',
  ),
  'shell.workspace.cwd': place(
    'The working directory {} is not a directory inside the workspace.',
    'Give a directory inside the workspace that exists.',
  ),
  'shell.workspace.context': place(
    'The context of this check must be an object with cwd alone, not {}.',
    'Pass { cwd } with a directory, or nothing.',
  ),
  'shell.workspace.list': place(
    '{} takes words from a list that this policy does not read.',
    'Name the files or addresses in the command itself.',
  ),
  'shell.workspace.links': place(
    'Links below {} would be followed or moved, and where all of them lead is not known.',
    'Keep links as they are (grep -r, zip -y, 7z -snl, diff --no-dereference), or name a smaller directory.',
  ),
  'shell.workspace.unsettled': place(
    'The line itself moves or links {} before this command, so where it leads is not known yet.',
    'Send this command as a call of its own.',
  ),
  'shell.workspace.unreadable': place('The path {} cannot be resolved.', inside),
  'shell.internal': rule(
    'policy',
    'deny',
    'The policy failed to judge this command and refuses it.',
    'Report this as a bug.',
  ),
  'shell.confiner.unavailable': rule(
    'confiner',
    'deny',
    'No working confiner is available, so commands are not run.',
    'Install bubblewrap (apt-get install bubblewrap) and allow user namespaces, or in a container install the Landlock helper (npm install @clawforce/confine-linux-x64 or -arm64).',
  ),
} satisfies Record<string, ShellRule>;

/** Stable id of a rule of this package. */
export type ShellRuleId = keyof typeof catalogue;

/** Every rule this package can answer with, by id. The README table is compared with it by a test. */
export const shellRules: Readonly<Record<ShellRuleId, ShellRule>> = Object.freeze(catalogue);
