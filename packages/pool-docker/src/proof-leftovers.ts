import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from './engine.js';

/** Label of a proof's container; its value is the owner of the pool. */
export const PROOF_LABEL = 'clawforce.proof';
/** How the name of a proof's directory begins. */
export const PROOF_PREFIX = 'p-';

/** As `mkdtemp` ends a name. */
const PROOF_DIRECTORY = new RegExp(`^${PROOF_PREFIX}[A-Za-z0-9]{6}$`);

/** Whose left-overs, and where. */
export interface ProofPlace {
  readonly ownerId: string;
  readonly proofDir: string;
}

/**
 * Removes containers and directories of proofs that were killed before they could clean up. What is younger than
 * `olderThanMs` may belong to a proof under way and stays. A failure is nobody's: the next proof tries again.
 */
export async function removeProofLeftovers(
  engine: Engine,
  place: ProofPlace,
  olderThanMs: number,
): Promise<void> {
  const before = Date.now() - olderThanMs;
  await Promise.allSettled([removeContainers(engine, place, before), removeDirectories(place, before)]);
}

async function removeContainers(engine: Engine, { ownerId }: ProofPlace, before: number): Promise<void> {
  const filters = JSON.stringify({ label: [`${PROOF_LABEL}=${ownerId}`] });
  const found = await engine.ask((docker) => docker.listContainers({ all: true, filters }));
  await Promise.allSettled(
    found
      .filter(({ Created }) => Created * 1_000 <= before)
      .map(({ Id }) =>
        engine.ask((docker) => docker.getContainer(Id).remove({ force: true, v: true }) as Promise<unknown>),
      ),
  );
}

async function removeDirectories({ proofDir }: ProofPlace, before: number): Promise<void> {
  const names = (await readdir(proofDir)).filter((name) => PROOF_DIRECTORY.test(name));
  await Promise.allSettled(
    names.map(async (name) => {
      const directory = join(proofDir, name);
      if ((await stat(directory)).mtimeMs <= before) await rm(directory, { recursive: true, force: true });
    }),
  );
}
