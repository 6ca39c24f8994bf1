import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import { Api } from './support/api.js';
import { newInstallation, startProduct, type Installation, type Product } from './support/product.js';

const host = requires('linux', 'bwrap', 'curl');
const password = `commands ${randomBytes(12).toString('hex')}`;

describe('a command of a real worker', () => {
  let installation: Installation | undefined;
  let product: Product | undefined;
  let service: Server | undefined;

  afterEach(async () => {
    service?.close();
    await product?.stop();
    installation?.remove();
    product = installation = service = undefined;
  });

  host.test('reaches what its agent may reach, through the egress socket and nothing else', async () => {
    const asked: (string | undefined)[] = [];
    service = createServer((request, response) => {
      asked.push(request.url);
      response.end('the service');
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;

    installation = newInstallation();
    product = await startProduct(installation, {
      command: [process.execPath, 'apps/control-plane/dist/main.js', 'serve', '--port', '0'],
      env: { ADMIN_SETUP_PASSWORD: password },
    });
    const api = new Api(product.url);
    await api.login('admin', password);
    const { id } = await api.agentNamed('demo');
    await api.call('POST', `/api/agents/${id}/start`);
    await api.waitForStatus(id, 'running');
    const exec = async (command: string): Promise<string> =>
      String((await api.call('POST', `/api/agents/${id}/tools/exec`, { args: { command } })).body.output);

    expect(await exec(`curl -sS http://127.0.0.1:${port}/before`)).toMatch(/^net\.address\.loopback: /);
    const exceptions = [{ address: '127.0.0.1', port }];
    const change = { tools: { web: { fetch: { exceptions } } } };
    expect((await api.call('PATCH', `/api/agents/${id}/config`, change)).status).toBe(200);
    expect(await exec(`curl -sS http://127.0.0.1:${port}/after`)).toBe('the service');
    expect(await exec('curl -sS http://10.0.0.1/')).toMatch(/^net\.address\.private: /);
    const own = new URL(product.url).port;
    expect(await exec(`curl -sS http://127.0.0.1:${own}/healthz`)).toMatch(/^net\.endpoint\.denied: /);
    // Past the proxy: no interface but loopback, and on that nothing but the shim.
    expect(await exec(`curl -sS --noproxy 127.0.0.1 --max-time 5 http://127.0.0.1:${port}/past`)).toMatch(
      /curl: \(7\)/,
    );
    expect(asked).toEqual(['/after']);

    const { body } = await api.call('GET', `/api/audit?agent_id=${id}&kind=egress`);
    const rows = (body.items as { event: { purpose: string; rule: string } }[]).map(({ event }) => event);
    expect(rows.filter(({ purpose }) => purpose === 'command').map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['net.address.loopback', 'net.exception.allow', 'net.address.private']),
    );
  });
});
