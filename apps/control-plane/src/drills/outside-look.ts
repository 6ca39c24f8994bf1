import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutsidePlaces } from './tool-case.js';

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );

/** Whether a file of the agent has this text by now. */
export function wrote(path: string, text: string) {
  return async ({ agentRoot }: OutsidePlaces): Promise<boolean> => {
    const file = join(agentRoot, path);
    return (await isThere(file)) && (await readFile(file, 'utf8')) === text;
  };
}

/** Whether something of this name is beside the agent's zones by now. */
export function planted(name: string) {
  return ({ agentRoot }: OutsidePlaces): Promise<boolean> => isThere(join(agentRoot, name));
}

/** Whether a socket of the worker is gone by now. */
export function unlinked(name: string) {
  return async ({ socketDir }: OutsidePlaces): Promise<boolean> => !(await isThere(join(socketDir, name)));
}
