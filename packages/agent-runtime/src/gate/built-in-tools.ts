import type { ToolDefinition } from './tool-definition.js';

const path = {
  type: 'string',
  minLength: 1,
  maxLength: 4_096,
  description: 'Path relative to the workspace, for example "notes/today.md". "profiles/…" can be read.',
} as const;

function definition(
  name: string,
  description: string,
  required: Readonly<Record<string, unknown>>,
  optional: Readonly<Record<string, unknown>> = {},
): ToolDefinition {
  return Object.freeze({
    name,
    description,
    parameters: Object.freeze({
      type: 'object',
      properties: { ...required, ...optional },
      required: Object.keys(required),
      additionalProperties: false,
    }),
  });
}

/** The tools that every worker has (CONTRACT section 4), as data. */
export const BUILT_IN_TOOLS: readonly ToolDefinition[] = Object.freeze([
  definition(
    'read_file',
    'Reads a text file. Without offset and limit the whole file, as it is.',
    { path },
    {
      offset: {
        type: 'integer',
        minimum: 1,
        maximum: 10_000_000,
        description: 'First line, counted from 1.',
      },
      limit: { type: 'integer', minimum: 1, maximum: 100_000, description: 'Most lines to read.' },
    },
  ),
  definition('write_file', 'Writes a text file; makes missing directories; replaces what was there.', {
    path,
    content: { type: 'string', maxLength: 400_000, description: 'The whole new text.' },
  }),
  definition('edit_file', 'Replaces one passage of a text file. The old text must occur exactly once.', {
    path,
    old_text: {
      type: 'string',
      minLength: 1,
      maxLength: 400_000,
      description: 'The passage, exactly as it is.',
    },
    new_text: { type: 'string', maxLength: 400_000, description: 'What to put in its place.' },
  }),
  definition('list_dir', 'Lists a directory of the workspace.', { path }),
  definition(
    'workspace_tree',
    'Shows the directories and files below a directory as a tree.',
    {},
    {
      root: { ...path, description: 'Where to start; the workspace by default.' },
      max_depth: { type: 'integer', minimum: 1, maximum: 16, description: 'How deep to go; 4 by default.' },
    },
  ),
  definition(
    'exec',
    'Runs one command in the workspace without a shell: a program and its arguments, quotes allowed. ' +
      'Pipes, redirections, variables, substitutions and several commands in one call may be refused.',
    {
      command: {
        type: 'string',
        minLength: 1,
        maxLength: 32_768,
        description: 'For example: ls -l "my notes"',
      },
    },
  ),
  definition(
    'web_fetch',
    'Fetches a public web page or API over http or https and gives it as Markdown or text.',
    { url: { type: 'string', minLength: 1, maxLength: 8_192, description: 'The whole URL.' } },
    {
      extract_mode: { type: 'string', enum: ['markdown', 'text'], description: 'markdown by default.' },
      max_chars: { type: 'integer', minimum: 100, maximum: 200_000, description: 'Most characters to give.' },
    },
  ),
  definition(
    'message',
    'Sends a message to the person in the present conversation while you go on working. ' +
      'Your final answer is sent by itself; do not repeat it here.',
    { content: { type: 'string', minLength: 1, maxLength: 100_000, description: 'The text.' } },
    {
      channel: { type: 'string', maxLength: 100, description: 'Leave it out: the present channel.' },
      chat_id: { type: 'string', maxLength: 200, description: 'Leave it out: the present chat.' },
      media: {
        type: 'array',
        maxItems: 16,
        items: { type: 'string', maxLength: 4_096 },
        description: 'Not available yet.',
      },
    },
  ),
]);
