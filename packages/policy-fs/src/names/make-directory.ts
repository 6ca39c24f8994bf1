import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import type { ZonePath } from '../walk/locate.js';
import { admitWritable } from '../write/hold-for-write.js';
import { withMadeDirs, type MadeDirs } from '../write/made-dirs.js';
import { syncDirectory } from '../write/publish.js';

/** Makes a directory and the missing ones above it; one that exists is as good. Gives whether it was made. */
export async function makeDirectory(context: FsContext, call: Call, gated: ZonePath): Promise<boolean> {
  const { locator } = context;
  admitWritable(gated.zone);
  if (gated.below === '') {
    locator.hold(gated, { followLast: false }).release();
    return false;
  }
  return withMadeDirs(context, (made) => makeBelow(context, call, gated, made));
}

async function makeBelow(context: FsContext, call: Call, gated: ZonePath, made: MadeDirs): Promise<boolean> {
  const { locator } = context;
  // A trailing slash asks for nothing more here.
  const plain = { ...gated, directory: false };
  const held = locator.hold(plain, {
    followLast: false,
    admitZone: admitWritable,
    makeDir: made.make,
  });
  try {
    call.reached(held.path, held.entry);
    if (held.name === undefined || held.entry?.kind === 'directory') return false;
    if (held.entry?.kind === 'symlink') {
      const target = locator.hold(plain, { followLast: true });
      target.release();
      if (target.name === undefined || target.entry?.kind === 'directory') return false;
    }
    if (held.entry) throw new AgentFSError('EXISTS');
    const fresh = made.make(held.parent, held.name, held.zone);
    if (fresh && context.settings.durable) await syncDirectory(held.parent);
    return fresh;
  } finally {
    held.release();
  }
}
