import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { requires } from '../host/host-test.js';
import { TEST_LABEL, testImage } from '../host/test-image.js';
import { ensureBaseImage } from './base-image.mjs';

const run = promisify(execFile);

requires('docker').describe('the base image without a registry', () => {
  requires('docker').test(
    'runs the Node in use and a shell as an ordinary user, with nothing but the image',
    async () => {
      const image = await testImage();
      const { stdout } = await run('docker', [
        ...['run', '--rm', '--label', TEST_LABEL, '--network', 'none', '--read-only', '--cap-drop', 'ALL'],
        ...['--user', '10001:10001', image],
        ...['sh', '-c', 'node -p "process.version" && id -u && stat -c %a / /tmp /etc/passwd | tr "\\n" " "'],
      ]);
      expect(stdout.trim().split('\n')).toEqual([process.version, '10001', '755 1777 644']);
    },
    120_000,
  );

  requires('docker').test('is built once: the tag follows the content', async () => {
    const sentences: string[] = [];
    const tag = await testImage();
    expect(await ensureBaseImage({ say: (sentence) => sentences.push(sentence) })).toBe(tag);
    expect(sentences).toEqual([]);
    expect(tag).toMatch(/^clawforce-test-base:[0-9a-f]{16}$/);
  });

  requires('docker').test('an engine that is not there is an error, not a tag', async () => {
    await expect(ensureBaseImage({ docker: '/nonexistent/docker' })).rejects.toThrow(/ENOENT/);
  });
});
