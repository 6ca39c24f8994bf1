import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';

/** A packed package: its manifest and its tarball. */
export interface PackedPackage {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly tarball: string;
}

/** A registry for npm on loopback that has these packages and no other. */
export interface PackageRegistry {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one; what it is asked for and does not have is 404, so that nothing comes from elsewhere. */
export async function openPackageRegistry(packages: readonly PackedPackage[]): Promise<PackageRegistry> {
  const byName = new Map<string, PackedPackage[]>();
  for (const packed of packages) {
    const { name } = packed.manifest;
    byName.set(name, [...(byName.get(name) ?? []), packed]);
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1));
    const answer = async (): Promise<void> => {
      const tarball = packages.find(({ tarball: file }) => path === `-/${basename(file)}`);
      if (tarball) return void response.end(await readFile(tarball.tarball));
      const versions = byName.get(path);
      if (!versions) return void response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      const described = await Promise.all(
        versions.map(async ({ manifest, tarball: file }) => {
          const integrity = `sha512-${createHash('sha512')
            .update(await readFile(file))
            .digest('base64')}`;
          const dist = { tarball: `http://${request.headers.host ?? ''}/-/${basename(file)}`, integrity };
          return [manifest.version, { ...manifest, dist }] as const;
        }),
      );
      const latest = versions.at(-1)?.manifest.version;
      response.setHeader('content-type', 'application/json');
      const body = { name: path, 'dist-tags': { latest }, versions: Object.fromEntries(described) };
      response.end(JSON.stringify(body));
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
