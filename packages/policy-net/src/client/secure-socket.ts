import type { Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from 'node:tls';
import { membersAt } from '../option-checks.js';

/**
 * TLS settings of the client; names are checked against the URL's host whatever is given here. With
 * `rejectUnauthorized: false` any issuer is taken, but still only a certificate for that host.
 */
export type TlsSettings = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'passphrase'
  | 'pfx'
  | 'minVersion'
  | 'maxVersion'
  | 'ciphers'
  | 'rejectUnauthorized'
>;

const known: ReadonlySet<string> = new Set<keyof TlsSettings>([
  'ca',
  'cert',
  'key',
  'passphrase',
  'pfx',
  'minVersion',
  'maxVersion',
  'ciphers',
  'rejectUnauthorized',
]);

/** Checks the option and gives a copy that nobody changes later. @throws TypeError naming the part that is unknown. */
export function compileTls(option: unknown, name: string): TlsSettings | undefined {
  if (option === undefined) return undefined;
  const given = membersAt(option, name, known);
  const { rejectUnauthorized } = given;
  if (rejectUnauthorized !== undefined && typeof rejectUnauthorized !== 'boolean') {
    throw new TypeError(`${name}.rejectUnauthorized must be a boolean`);
  }
  return given;
}

/** Gives TLS over an open connection, with the certificate checked against `host`. */
export function secureSocket(
  socket: Socket,
  host: string,
  literal: boolean,
  tls: TlsSettings | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({
      ...tls,
      socket,
      host,
      // An address is no server name (RFC 6066 section 3); the certificate is then checked against `host`.
      servername: literal ? '' : host,
      ALPNProtocols: ['http/1.1'],
      // Said in any case: without it NODE_TLS_REJECT_UNAUTHORIZED decides.
      rejectUnauthorized: tls?.rejectUnauthorized ?? true,
      checkServerIdentity,
    });
    secured.once('secureConnect', () => {
      // Node looks at the name only when the issuer is known, and with this option lets the result pass.
      const mismatch =
        tls?.rejectUnauthorized === false
          ? checkServerIdentity(host, secured.getPeerCertificate())
          : undefined;
      if (mismatch !== undefined) {
        secured.destroy(mismatch);
        return;
      }
      secured.removeListener('error', reject);
      resolve(secured);
    });
    secured.once('error', reject);
  });
}
