import { startTestPlane } from './test-plane.js';
import type { Failpoint } from '../../agents/lifecycle-parts.js';

/*
 * A control plane in a process of its own, which dies like a machine without power at one step of its work:
 *   crash-plane.ts <data directory> [<worker image>]
 * Its parent hears where it listens, says at which step it is to die, hears of the step, looks around and says `now`.
 */
const [dataDir = '', image] = process.argv.slice(2);
let deadly: Failpoint | undefined;
process.on('message', (message: Failpoint | 'now') => {
  if (message === 'now') process.kill(process.pid, 'SIGKILL');
  else {
    deadly = message;
    process.send?.({ armed: message });
  }
});
const test = await startTestPlane({
  dataDir,
  timing: { restartMs: 200, reconcileMs: 500, graceMs: 1_000 },
  // With an image the workers are real ones in containers, without one stand-ins of this host.
  ...(image === undefined
    ? {}
    : { docker: {}, env: { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: image } }),
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
