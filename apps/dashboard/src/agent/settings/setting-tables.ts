import type { SettingField } from './setting-field.js';

/** What the agent is told about its work. */
export const INSTRUCTION_FIELDS: readonly SettingField[] = [
  {
    pointer: '/agents/defaults/instructions',
    label: 'Instructions',
    description: 'Stands before every conversation. The agent can read it, so it is no place for secrets.',
    kind: 'long',
    fallback: '',
  },
];

/** Which model the agent uses, and how. */
export const MODEL_FIELDS: readonly SettingField[] = [
  {
    pointer: '/agents/defaults/model',
    label: 'Model',
    description: 'Name of a provider below, a slash, and the id that the provider gives the model.',
    kind: 'text',
    fallback: 'provider/model',
    code: true,
  },
  {
    pointer: '/agents/defaults/max_tokens',
    label: 'Most tokens of an answer',
    kind: 'number',
    fallback: '8192',
  },
  { pointer: '/agents/defaults/temperature', label: 'Temperature', kind: 'number', fallback: '0.7' },
  {
    pointer: '/agents/defaults/max_tool_iterations',
    label: 'Most rounds of tools in a turn',
    description: 'A turn that needs more ends with an error.',
    kind: 'number',
    fallback: '20',
  },
  {
    pointer: '/agents/defaults/memory_window',
    label: 'Messages that the model sees',
    kind: 'number',
    fallback: '50',
  },
  {
    pointer: '/agents/defaults/max_tool_output_chars',
    label: 'Most characters of a tool result',
    description: 'The rest is cut before the model sees it.',
    kind: 'number',
    fallback: '16000',
  },
];

/** What commands the agent may run. */
export const SHELL_FIELDS: readonly SettingField[] = [
  {
    pointer: '/tools/exec/policy/mode',
    label: 'Commands',
    description: 'Built-in refusals of dangerous commands hold in every mode.',
    kind: 'choice',
    fallback: 'allow_all',
    options: [
      { value: 'allow_all', label: 'All that the rules below do not deny' },
      { value: 'allowlist', label: 'Only those on the allow list' },
      { value: 'deny_all', label: 'None' },
    ],
  },
  {
    pointer: '/tools/exec/policy/allow',
    label: 'Allow',
    description:
      'One per line: a program such as git, or a program with its sub-command such as git status. It decides only while the mode is the allow list.',
    kind: 'lines',
    fallback: 'none',
  },
  {
    pointer: '/tools/exec/policy/deny',
    label: 'Deny',
    description: 'One per line. Denied in every mode; removing a line needs your password.',
    kind: 'lines',
    fallback: 'none',
  },
  {
    pointer: '/tools/exec/policy/relaxed',
    label: 'Pipes, lists and redirections',
    description: 'Allowed, each part is judged on its own. Substitutions and background jobs stay refused.',
    kind: 'flag',
    fallback: 'false',
    options: [
      { value: 'false', label: 'Refused: one plain command at a time' },
      { value: 'true', label: 'Allowed' },
    ],
  },
  {
    pointer: '/tools/exec/timeout',
    label: 'Seconds until a command is ended',
    kind: 'number',
    fallback: '60',
  },
];

/** Where the web tools may go. */
export const WEB_FIELDS: readonly SettingField[] = [
  {
    pointer: '/tools/web/fetch/allowlist',
    label: 'Allowed hosts',
    description:
      'One per line, such as example.com or *.example.com. Empty: every public host. Adding a host, or emptying the list, needs your password.',
    kind: 'lines',
    fallback: 'every public host',
  },
];

/** Limits of the container, each of which can only be stricter than the level's and the server's. */
export const LIMIT_FIELDS: readonly SettingField[] = [
  {
    pointer: '/security/docker/mem_limit',
    label: 'Memory',
    description: 'Bytes, or with k, m or g: 512m.',
    kind: 'text',
    fallback: 'the limit of the server',
  },
  {
    pointer: '/security/docker/pids_limit',
    label: 'Processes',
    kind: 'number',
    fallback: 'the limit of the level',
  },
  {
    pointer: '/security/docker/cpu_quota',
    label: 'Processor time in each period, microseconds',
    kind: 'number',
    fallback: 'the limit of the server',
  },
  {
    pointer: '/security/docker/cpu_period',
    label: 'Length of a period, microseconds',
    kind: 'number',
    fallback: 'the period of the server',
  },
];
