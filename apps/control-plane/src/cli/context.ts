import { readClientSettings } from '../settings/index.js';
import type { AdminClient } from './admin-client.js';
import { connect, type OpenOffline } from './connect.js';
import { createOutput, type Output } from './output.js';

/** Flags that every verb takes. */
export interface GlobalFlags {
  readonly dataDir: string | undefined;
  readonly json: boolean;
}

/** What a verb works with. */
export interface CommandContext {
  readonly output: Output;
  readonly client: AdminClient;
  /** Of `ADMIN_SETUP_PASSWORD`. */
  readonly setupPassword: string | undefined;
}

/** What a verb gives back: its exit code; nothing means success. */
export type Verb = (context: CommandContext) => Promise<number | undefined>;

const openOffline: OpenOffline = async (dataDir) => {
  // Loaded late: most verbs find a running server and need none of it.
  const { openOffline: open } = await import('../server/open-offline.js');
  return open({ ...(dataDir === undefined ? {} : { dataDir }) });
};

/** Runs a verb with a client and an output; closes the client behind it. */
export async function withClient(flags: GlobalFlags, verb: Verb): Promise<number> {
  const output = createOutput(flags.json);
  const { dataDir } = flags;
  const { adminDir, setupPassword } = readClientSettings({
    env: process.env,
    flags: dataDir === undefined ? {} : { dataDir },
  });
  const client = await connect(adminDir, dataDir, openOffline);
  try {
    return (await verb({ output, client, setupPassword })) ?? 0;
  } finally {
    await client.close();
  }
}
