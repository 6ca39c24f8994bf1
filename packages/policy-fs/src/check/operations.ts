import type { Operation } from '../audit/audit-event.js';

const SHORT_NAMES = {
  read: 'readFile',
  readFileInfo: 'readFile',
  write: 'writeFile',
  append: 'appendFile',
  edit: 'editFile',
  list: 'listDir',
  listDirPage: 'listDir',
  delete: 'remove',
} as const satisfies Record<string, Operation>;

/** What an operation does to the place that its path names. */
export type Touch = 'read' | 'list' | 'look' | 'write' | 'name' | 'pattern';

/** What each operation does. */
export const TOUCHES: Readonly<Record<Operation, Touch>> = {
  readFile: 'read',
  writeFile: 'write',
  appendFile: 'write',
  editFile: 'write',
  listDir: 'list',
  tree: 'list',
  glob: 'pattern',
  grep: 'look',
  stat: 'look',
  mkdir: 'name',
  remove: 'name',
  rename: 'name',
  move: 'name',
};

/** What {@link AgentFS.check} can be asked: the names of the methods, and short names for the most frequent ones. */
export type CheckedOperation = Operation | keyof typeof SHORT_NAMES;

/** Gives the operation that a name means, or `undefined`. */
export function operationOf(name: unknown): Operation | undefined {
  if (typeof name !== 'string') return undefined;
  if (Object.hasOwn(SHORT_NAMES, name)) return SHORT_NAMES[name as keyof typeof SHORT_NAMES];
  return Object.hasOwn(TOUCHES, name) ? (name as Operation) : undefined;
}
