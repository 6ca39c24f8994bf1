import { Duplex } from 'node:stream';
import { connect } from 'node:tls';

/** Gives the ClientHello that OpenSSL writes for a name: one record. */
export function opensslHello(servername: string | undefined): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
        setImmediate(() => socket.destroy());
      },
    });
    const socket = connect({ socket: wire, ...(servername === undefined ? {} : { servername }) });
    socket.on('error', () => undefined);
  });
}
