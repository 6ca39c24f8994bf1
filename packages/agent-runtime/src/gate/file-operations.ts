import type { AgentFS } from '@clawforce/policy-fs';
import type { Decision } from '@clawforce/policy-core';

/** The part of the file layer that judges. */
export type FileJudge = Pick<AgentFS, 'check'>;

type Operation = (fs: FileJudge, args: Readonly<Record<string, unknown>>) => Decision;

const at = (args: Readonly<Record<string, unknown>>, name: string): string =>
  typeof args[name] === 'string' ? args[name] : '';

/** Which operation of the file layer judges which tool. */
export const FILE_OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['read_file', (fs, args) => fs.check('readFile', at(args, 'path'))],
  ['write_file', (fs, args) => fs.check('writeFile', at(args, 'path'))],
  ['edit_file', (fs, args) => fs.check('editFile', at(args, 'path'))],
  ['list_dir', (fs, args) => fs.check('listDir', at(args, 'path'))],
  ['workspace_tree', (fs, args) => fs.check('tree', at(args, 'root') || '.')],
]);
