import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import { Api } from './support/api.js';
import { newInstallation, startProduct, type Installation, type Product } from './support/product.js';

const host = requires('linux', 'root', 'bwrap', 'netns');
const password = `confinement ${randomBytes(12).toString('hex')}`;

describe('on a host where no confiner works', () => {
  let installation: Installation | undefined;
  let product: Product | undefined;

  afterEach(async () => {
    await product?.stop();
    installation?.remove();
    product = installation = undefined;
  });

  const start = async (env: Record<string, string>): Promise<{ api: Api; id: string; output: string }> => {
    installation = newInstallation();
    // A mount namespace of its own, in which bwrap and the Landlock helper are files that cannot be run.
    const hide =
      'mount --bind /dev/null /usr/bin/bwrap && for helper in packages/policy-shell/dist/native/*/clawforce-confine; do ' +
      'if [ -e "$helper" ]; then mount --bind /dev/null "$helper" || exit 1; fi; done && exec "$@"';
    product = await startProduct(installation, {
      command: [
        ...['unshare', '-m', 'sh', '-c', hide, 'sh'],
        ...[process.execPath, 'apps/control-plane/dist/main.js', 'serve', '--port', '0'],
      ],
      env: { ...env, ADMIN_SETUP_PASSWORD: password },
    });
    const api = new Api(product.url);
    await api.login('admin', password);
    const { id } = await api.agentNamed('demo');
    await api.call('POST', `/api/agents/${id}/start`);
    await api.waitForStatus(id, 'running');
    return { api, id, output: product.output() };
  };
  const list = (api: Api, id: string): Promise<{ body: any }> =>
    api.call('POST', `/api/agents/${id}/tools/exec`, { args: { command: 'ls' } });

  host.test('commands are refused with the rule, and banner and status say so', async () => {
    const { api, id, output } = await start({});
    expect(output).toContain('! Commands of agents are refused');
    expect((await api.call('GET', `/api/agents/${id}/status`)).body.reason).toContain('Commands are refused');
    expect((await list(api, id)).body).toMatchObject({
      status: 'denied',
      record: { decision: { rule: 'shell.confiner.unavailable' } },
    });
  });

  host.test('CLAWFORCE_UNCONFINED_EXEC=1 lets them run, and banner, status and audit say so', async () => {
    const { api, id, output } = await start({ CLAWFORCE_UNCONFINED_EXEC: '1' });
    expect(output).toContain('WITHOUT confinement');
    expect((await api.call('GET', `/api/agents/${id}/status`)).body.reason).toContain('WITHOUT confinement');
    expect((await list(api, id)).body).toMatchObject({ status: 'ok' });
    expect((await list(api, id)).body.output).toContain('sales.csv');
    const { body } = await api.call('GET', `/api/audit?agent_id=${id}&kind=agent_lifecycle`);
    const events = (body.items as { event: { event: string } }[]).map(({ event }) => event.event);
    expect(events).toContain('unconfined_exec');
  });
});
