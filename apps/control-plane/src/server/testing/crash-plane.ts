import { startTestPlane, type TestPlaneOptions } from './test-plane.js';
import type { Failpoint } from '../../agents/lifecycle-parts.js';

/*
 * A control plane in a process of its own, which dies like a machine without power at one step of its work:
 *   crash-plane.ts <data directory> [real | <worker image>]
 * Its parent hears where it listens, says at which step it is to die, hears of the step, looks around and says `now`.
 */
const [dataDir = '', workers] = process.argv.slice(2);
let deadly: Failpoint | undefined;
process.on('message', (message: Failpoint | 'now') => {
  if (message === 'now') process.kill(process.pid, 'SIGKILL');
  else {
    deadly = message;
    process.send?.({ armed: message });
  }
});
/** Stand-ins of this host, or real workers: processes too, or in containers. */
function placeOf(kind: string | undefined): Pick<TestPlaneOptions, 'realWorkers' | 'docker' | 'env'> {
  if (kind === undefined) return {};
  const unconfined = process.env['CLAWFORCE_UNCONFINED_EXEC'];
  if (kind === 'real')
    return {
      realWorkers: true,
      env: unconfined === undefined ? {} : { CLAWFORCE_UNCONFINED_EXEC: unconfined },
    };
  return { docker: {}, env: { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: kind } };
}

const test = await startTestPlane({
  dataDir,
  timing: { connectMs: 60_000, restartMs: 200, reconcileMs: 500, graceMs: 1_000 },
  ...placeOf(workers),
  failpoint(point) {
    if (point !== deadly) return undefined;
    process.send?.({ point });
    return new Promise(() => undefined);
  },
});
// A user of its own: the password of an earlier process died with it.
const username = `crash-${process.pid}`;
await test.user(username, 'superadmin');
const { access } = await test.login(username);
process.send?.({ url: test.url, token: access });
process.on('SIGTERM', () => void test.stop().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
