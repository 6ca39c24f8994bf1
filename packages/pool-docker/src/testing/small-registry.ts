import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A registry on loopback, which an engine asks without TLS: it has one image of one layer. */
export interface SmallRegistry {
  /** As an operator would write it. */
  readonly image: string;
  /** An image of this registry that is not there. */
  readonly absent: string;
  /** What the engine asked for. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const digest = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** One file in the form of a tape archive (POSIX ustar). */
function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

/** Opens one, speaking what an engine needs of the registry protocol, version 2. */
export async function openSmallRegistry(): Promise<SmallRegistry> {
  const layer = tar('big', randomBytes(3 * 1024 ** 2));
  const packed = gzipSync(layer, { level: 1 });
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Cmd: ['/big'], Labels: { 'clawforce.test': 'registry' } },
      rootfs: { type: 'layers', diff_ids: [digest(layer)] },
      history: [{ created_by: 'a test' }],
    }),
  );
  const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
  const described = (mediaType: string, content: Buffer) => ({
    mediaType,
    size: content.length,
    digest: digest(content),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: described('application/vnd.docker.container.image.v1+json', config),
      layers: [described('application/vnd.docker.image.rootfs.diff.tar.gzip', packed)],
    }),
  );
  const pages = new Map<string, readonly [string, Buffer]>([
    ['/v2/', ['application/json', Buffer.from('{}')]],
    ['/v2/agents/worker/manifests/1', [MANIFEST, manifest]],
    [`/v2/agents/worker/manifests/${digest(manifest)}`, [MANIFEST, manifest]],
    [`/v2/agents/worker/blobs/${digest(config)}`, ['application/octet-stream', config]],
    [`/v2/agents/worker/blobs/${digest(packed)}`, ['application/octet-stream', packed]],
  ]);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(`${request.method ?? ''} ${path}`);
    const page = pages.get(path);
    if (!page) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
      return;
    }
    const [type, content] = page;
    response.writeHead(200, {
      'content-type': type,
      'content-length': content.length,
      'docker-content-digest': digest(content),
      'docker-distribution-api-version': 'registry/2.0',
    });
    response.end(request.method === 'HEAD' ? undefined : content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    image: `${host}/agents/worker:1`,
    absent: `${host}/agents/nothing:1`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
