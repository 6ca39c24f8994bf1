import { editFile } from './edit-file.js';
import { exec } from './exec.js';
import { listDir } from './list-dir.js';
import { message } from './message.js';
import { readFile } from './read-file.js';
import type { ToolRunner } from './tool-context.js';
import { webFetch } from './web-fetch.js';
import { workspaceTree } from './workspace-tree.js';
import { writeFile } from './write-file.js';

/** What carries out the built-in tools; the gate stands before all of them. */
export const BUILT_IN_RUNNERS: ReadonlyMap<string, ToolRunner> = new Map([
  ['read_file', readFile],
  ['write_file', writeFile],
  ['edit_file', editFile],
  ['list_dir', listDir],
  ['workspace_tree', workspaceTree],
  ['exec', exec],
  ['web_fetch', webFetch],
  ['message', message],
]);
