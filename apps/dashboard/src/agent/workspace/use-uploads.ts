import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ApiFailure, toFailure } from '../../api/api-failure.js';
import { unwrap } from '../../api/api-client.js';
import { useApi } from '../../app/services.js';
import { pathIn, sizeText } from './paths.js';
import { workspaceKey } from './workspace-queries.js';

/** One file on its way into the workspace. */
export interface UploadState {
  readonly id: number;
  readonly directory: string;
  readonly file: File;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly error?: ApiFailure;
}

/** Files that are sent at the same time; a folder full of them waits for its turn. */
const AT_ONCE = 4;
/** What the API takes for one file. */
const MOST_BYTES = 10 * 1024 * 1024;

/** Uploads files as they are. One that is there already is not replaced unless the person says so. */
export function useUploads(agentId: string) {
  const api = useApi();
  const queries = useQueryClient();
  const [uploads, setUploads] = useState<readonly UploadState[]>([]);
  const next = useRef(0);
  const queue = useRef<{ readonly id: number; readonly task: () => Promise<void> }[]>([]);
  const running = useRef(0);

  const change = (id: number, changes: Partial<UploadState>): void =>
    setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...changes } : one)));

  const send = async ({ id, directory, file }: UploadState, replace: boolean): Promise<void> => {
    change(id, { state: 'running' });
    try {
      if (file.size > MOST_BYTES)
        throw new ApiFailure(
          `The file has ${sizeText(file.size)}; at most ${sizeText(MOST_BYTES)} are taken.`,
          {
            code: 'PAYLOAD_TOO_LARGE',
            status: 0,
          },
        );
      unwrap(
        await api.PUT('/api/agents/{id}/workspace/{path}', {
          params: { path: { id: agentId, path: pathIn(directory, file.name) } },
          headers: {
            'content-type': 'application/octet-stream',
            ...(replace ? {} : { 'if-none-match': '*' }),
          },
          body: { content: '' },
          bodySerializer: () => file,
        }),
      );
      change(id, { state: 'done' });
      await queries.invalidateQueries({ queryKey: workspaceKey(agentId) });
    } catch (error) {
      change(id, { state: 'failed', error: toFailure(error) });
    }
  };

  /** Sends what waits, one after the other. */
  const work = async (): Promise<void> => {
    running.current += 1;
    for (let turn = queue.current.shift(); turn; turn = queue.current.shift()) await turn.task();
    running.current -= 1;
  };
  const upload = (directory: string, files: readonly File[], replace = false): void => {
    const begun = files.map((file): UploadState => {
      next.current += 1;
      return { id: next.current, directory, file, state: 'waiting' };
    });
    setUploads((all) => [
      ...all.filter(({ file, directory: at }) => !(at === directory && files.includes(file))),
      ...begun,
    ]);
    queue.current.push(...begun.map((one) => ({ id: one.id, task: () => send(one, replace) })));
    for (let free = AT_ONCE - running.current; free > 0; free -= 1) void work();
  };
  /** Takes an upload off the list; one that still waits is not sent. */
  const dismiss = (id: number): void => {
    queue.current = queue.current.filter((turn) => turn.id !== id);
    setUploads((all) => all.filter((one) => one.id !== id));
  };
  return { uploads, upload, dismiss };
}
