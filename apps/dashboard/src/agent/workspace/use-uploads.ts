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
  readonly state: 'running' | 'done' | 'failed';
  readonly error?: ApiFailure;
}

/** What the API takes for one file. */
const MOST_BYTES = 10 * 1024 * 1024;

/** Uploads files as they are. One that is there already is not replaced unless the person says so. */
export function useUploads(agentId: string) {
  const api = useApi();
  const queries = useQueryClient();
  const [uploads, setUploads] = useState<readonly UploadState[]>([]);
  const next = useRef(0);

  const change = (id: number, changes: Partial<UploadState>): void =>
    setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...changes } : one)));

  const send = async ({ id, directory, file }: UploadState, replace: boolean): Promise<void> => {
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

  const upload = (directory: string, files: readonly File[], replace = false): void => {
    const begun = files.map((file): UploadState => {
      next.current += 1;
      return { id: next.current, directory, file, state: 'running' };
    });
    setUploads((all) => [
      ...all.filter(({ file, directory: at }) => !(at === directory && files.includes(file))),
      ...begun,
    ]);
    for (const one of begun) void send(one, replace);
  };
  const dismiss = (id: number): void => setUploads((all) => all.filter((one) => one.id !== id));
  return { uploads, upload, dismiss };
}
