import type { AgentFS } from '@clawforce/policy-fs';
import type { Decision } from '@clawforce/policy-core';

/** The part of the file layer that judges. */
export type FileJudge = Pick<AgentFS, 'check'>;

type Operation = (fs: FileJudge, args: Readonly<Record<string, unknown>>) => Decision;

const at = (args: Readonly<Record<string, unknown>>, name: string): string =>
  typeof args[name] === 'string' ? args[name] : '';

/**
 * Gives the directory that a tool means. Bare paths are relative to the workspace, so "." is the workspace and not the
 * agent directory around it, as it is for the file layer.
 */
export function directoryOf(args: Readonly<Record<string, unknown>>, name: string): string {
  const path = at(args, name);
  return /^(?:\.(?:\/+|$))*$/.test(path) ? 'workspace' : path;
}

/** Which operation of the file layer judges which tool. */
export const FILE_OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['read_file', (fs, args) => fs.check('readFile', at(args, 'path'))],
  ['write_file', (fs, args) => fs.check('writeFile', at(args, 'path'))],
  ['edit_file', (fs, args) => fs.check('editFile', at(args, 'path'))],
  ['list_dir', (fs, args) => fs.check('listDir', directoryOf(args, 'path'))],
  ['workspace_tree', (fs, args) => fs.check('tree', directoryOf(args, 'root'))],
]);
