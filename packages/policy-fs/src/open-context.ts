import { isAbsolute } from 'node:path';
import { AgentFSError } from './errors/agent-fs-error.js';
import { errnoOf, toAgentFSError } from './errors/from-system-error.js';
import type { FsContext } from './fs-context.js';
import { readSettings, type AgentFSOptions } from './fs-settings.js';
import { LexicalGate } from './path/lexical-gate.js';
import { detectBackend } from './walk/detect-backend.js';
import { kernelBackend, kernelBackendWorks } from './walk/kernel-backend.js';
import { Locator } from './walk/locate.js';
import { createRoot, PinnedRoot } from './walk/pinned-root.js';
import { prepareDir } from './write/make-dir.js';
import { sweepTemporaryFiles } from './write/sweep.js';
import { UsageMeter } from './write/usage-meter.js';
import { zoneTable } from './zones/zone-table.js';

// The agent's user passes through the root without listing it.
const ROOT_MODE = 0o711;

/** Opens an agent directory: options checked, backend chosen, root pinned, zones made, left-over files removed. */
export async function openContext(agentRoot: string, options: AgentFSOptions): Promise<FsContext> {
  if (typeof (agentRoot as unknown) !== 'string' || !isAbsolute(agentRoot) || agentRoot.includes('\0')) {
    throw new TypeError('argument "agentRoot" must be an absolute path');
  }
  const settings = readSettings(options);
  const table = zoneTable(options.zones);
  let root: PinnedRoot | undefined;
  try {
    if (settings.create) createRoot(agentRoot, ROOT_MODE);
    const backend =
      settings.containment === 'kernel' && kernelBackendWorks(agentRoot) ? kernelBackend : detectBackend;
    if (backend.containment === 'detect' && !settings.allowDetectOnly) {
      throw new AgentFSError('UNSUPPORTED', {
        reason: 'This platform can only notice that a directory is swapped, not prevent it.',
        hint: 'Set allowDetectOnly to accept that.',
      });
    }
    root = new PinnedRoot(backend, agentRoot.replace(/(?<=.)\/+$/, ''), table);
    if (settings.create) {
      root.createZones((dir, spec) => {
        const owner = settings.owner(spec);
        prepareDir(dir, owner === 'zone' ? undefined : owner, settings.dirMode(spec));
      }, settings.dirMode);
    }
    pinZones(root);
    await sweepTemporaryFiles(root);
    const locator = new Locator(root, new LexicalGate(table), settings.links);
    return { locator, settings, usage: new UsageMeter(root, settings.quota) };
  } catch (error) {
    root?.close();
    throw error instanceof TypeError && errnoOf(error) === undefined ? error : toAgentFSError(error);
  }
}

/** Pins what is there; what is missing or not a directory fails when it is used. */
function pinZones(root: PinnedRoot): void {
  for (const spec of root.table.visible.values()) {
    try {
      root.zone(spec, true);
    } catch (error) {
      if (!(error instanceof AgentFSError) && errnoOf(error) === undefined) throw error;
    }
  }
}
