import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Decision } from '@clawforce/policy-core';

/** An answer of the proxy itself. */
export interface ProxyAnswer {
  readonly status: number;
  /** The rule or limit, for machines. */
  readonly rule: string;
  /** One sentence or two for a person. */
  readonly line: string;
}

/** The header that names the rule or limit. */
export const RULE_HEADER = 'x-clawforce-rule';

const statuses: Readonly<Record<string, number>> = {
  'net.proxy.credentials': 407,
  'net.proxy.too-many-failures': 429,
  'net.proxy.too-many-tunnels': 429,
  'net.proxy.too-many-requests': 429,
  'net.proxy.malformed': 400,
  'net.proxy.early-data': 400,
  'net.dns.failed': 502,
  'net.dns.timeout': 504,
  'net.dns.too-many-lookups': 429,
};

/** Gives the answer to a refused request: what cannot be read is 400, what is not admitted 403. */
export function refusalAnswer({ rule, reason, hint }: Decision): ProxyAnswer {
  const status = statuses[rule] ?? (rule.startsWith('net.url.') ? 400 : 403);
  return { status, rule, line: `${rule}: ${reason}${hint === undefined ? '' : ` ${hint}`}` };
}

function headersOf({ status, rule, line }: ProxyAnswer): readonly string[] {
  return [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(`${line}\n`)),
    RULE_HEADER,
    rule,
    ...(status === 407 ? ['Proxy-Authenticate', 'Basic realm="clawforce", charset="UTF-8"'] : []),
    ...(status === 429 ? ['Retry-After', '60'] : []),
    'Connection',
    'close',
  ];
}

/** Answers on a response that has not begun; ends the connection when it has. */
export function answerResponse(response: ServerResponse, answer: ProxyAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, [...headersOf(answer)]);
  response.end(`${answer.line}\n`);
}

/** Answers on a bare socket and closes it. */
export function answerSocket(socket: Duplex, answer: ProxyAnswer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = headersOf(answer);
  const lines = headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1] ?? ''}`] : []));
  const head = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`, ...lines, '', ''];
  socket.end(`${head.join('\r\n')}${answer.line}\n`);
  // Bytes that the client still sends are read and dropped: closing with unread data would reset the answer away.
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), 1_000);
  socket.once('close', () => clearTimeout(linger));
}
