import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** TLS settings of the client; names are checked against the URL's host whatever is given here. */
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
    });
    secured.once('secureConnect', () => {
      secured.removeListener('error', reject);
      resolve(secured);
    });
    secured.once('error', reject);
  });
}
