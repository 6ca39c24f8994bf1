import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { PendingConnections } from './pending-connections.js';

const request = (): IncomingMessage => new IncomingMessage(new Socket());

test('whoever holds a /64 has the places of one party, however many addresses it uses', () => {
  const pending = new PendingConnections(2);
  const [first, second] = [request(), request()];
  expect(pending.take(first, '2001:db8:1:2::a')).toBe(true);
  expect(pending.take(second, '2001:db8:1:2:ffff::b')).toBe(true);
  expect(pending.take(request(), '2001:db8:1:2::c')).toBe(false);
  expect(pending.take(request(), '2001:db8:1:3::a')).toBe(true);
  pending.admitted(first);
  expect(pending.take(request(), '2001:db8:1:2::c')).toBe(true);
});

test('an IPv4 address is one party, mapped or not, and a closed connection makes room', () => {
  const pending = new PendingConnections(1);
  const first = request();
  expect(pending.take(first, '192.0.2.1')).toBe(true);
  expect(pending.take(first, '192.0.2.1')).toBe(true);
  expect(pending.take(request(), '::ffff:192.0.2.1')).toBe(false);
  expect(pending.take(request(), '192.0.2.2')).toBe(true);
  first.socket.emit('close');
  expect(pending.take(request(), '192.0.2.1')).toBe(true);
});
