import Docker from 'dockerode';
import { TEST_LABEL } from '../../../../tools/host/test-image.js';

/** The engine without any pool, for strangers' containers and oracles. */
export const rawEngine = new Docker({ socketPath: '/var/run/docker.sock' });

/** Removes everything that was made under one test label. */
export async function removeLabelled(value: string): Promise<void> {
  const filters = JSON.stringify({ label: [`${TEST_LABEL}=${value}`] });
  for (const { Id } of await rawEngine.listContainers({ all: true, filters })) {
    await rawEngine.getContainer(Id).remove({ force: true, v: true });
  }
  for (const { Id } of await rawEngine.listNetworks({ filters })) await rawEngine.getNetwork(Id).remove();
}
