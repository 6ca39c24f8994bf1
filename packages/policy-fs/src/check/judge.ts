import { createDecision, type Decision } from '@clawforce/policy-core';
import type { Operation } from '../audit/audit-event.js';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { toAgentFSError } from '../errors/from-system-error.js';
import type { FsContext } from '../fs-context.js';
import { checkNewName } from '../path/new-name.js';
import { checkRegular } from '../read/hard-links.js';
import { compileGlob } from '../search/compile-glob.js';
import type { ZonePath } from '../walk/locate.js';
import { admitWritable } from '../write/hold-for-write.js';
import { DEFAULT_ZONE } from '../zones/zone-table.js';
import { TOUCHES } from './operations.js';

/**
 * Judges an operation as things are now, without doing it: spelling, zone, links, kind of file. Whether it would succeed
 * (existence, space, permissions) is not judged: what fails for such a reason is admitted. Never throws for a path.
 */
export function judge(
  context: FsContext,
  policyDigest: string,
  op: Operation,
  path: string,
  to: string | undefined,
): Decision {
  try {
    const input = judgePlace(context, op, path);
    if (to !== undefined && op === 'rename') checkNewName(to, context.settings.portableNames);
    else if (to !== undefined && op === 'move') judgePlace(context, op, to);
    return createDecision({
      effect: 'allow',
      layer: 'zone',
      rule: 'fs.zone.admitted',
      reason: 'The place may be used in this way.',
      input,
      policyDigest,
    });
  } catch (error) {
    return toAgentFSError(error).placed(path, policyDigest).decision;
  }
}

/** Gives the canonical path of an admitted place. */
function judgePlace(context: FsContext, op: Operation, path: string): string {
  const { locator, settings } = context;
  const touch = TOUCHES[op];
  const changing = touch === 'write' || touch === 'name';
  const gated = locator.gate(touch === 'pattern' ? baseOf(context, path) : path);
  if (!gated.zone) {
    if (changing || touch === 'read' || op === 'grep') throw new AgentFSError('ZONE_ROOT');
    return gated.canonical;
  }
  if (changing) admitWritable(gated.zone);
  if (gated.below === '') {
    if (touch === 'write' || (touch === 'name' && op !== 'mkdir')) throw new AgentFSError('ZONE_ROOT');
    if (touch === 'read') throw new AgentFSError('IS_A_DIRECTORY');
    return gated.canonical;
  }
  const held = locator.hold(gated as ZonePath, {
    followLast: touch !== 'name',
    ...(changing ? { admitZone: admitWritable } : {}),
  });
  try {
    if (held.entry && (touch === 'read' || touch === 'write')) {
      checkRegular(held.entry, locator.root, settings.hardLinks, changing);
    }
    return held.path;
  } finally {
    held.release();
  }
}

function baseOf({ locator }: FsContext, pattern: string): string {
  locator.gate(pattern);
  const { base } = compileGlob(pattern, false);
  return base === '' ? DEFAULT_ZONE : base;
}
