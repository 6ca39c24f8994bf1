import type { IncomingMessage } from 'node:http';
import type { Express } from 'express';

/** Gives the function that says where a request comes from which no route handles: as `request.ip` says for those. */
export function clientAddress(app: Express): (request: IncomingMessage) => string {
  const trusts = app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  return ({ socket, headers }) => {
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
    const hops = [
      socket.remoteAddress ?? 'unknown',
      ...forwarded
        .split(',')
        .map((hop) => hop.trim())
        .reverse(),
    ];
    const known = hops.filter((hop) => hop !== '');
    return known.find((address, hop) => !trusts(address, hop)) ?? known.at(-1) ?? 'unknown';
  };
}
