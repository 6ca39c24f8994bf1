import { caseTable } from './case-table.js';
import type { DrillCase } from './drill-case.js';

const network = caseTable('network');
const control = caseTable('control');

const connect = (target: string): string =>
  `const s=require('net').connect(${target});s.setTimeout(3000,()=>process.exit(1));s.on('connect',()=>process.exit(0));s.on('error',()=>process.exit(1))`;

/** The second column is the destination, the third the gateway, in the byte order of the machine. */
const GATEWAY =
  "const hex=(require('fs').readFileSync('/proc/net/route','utf8').split('\\n').map(l=>l.split('\\t')).find(r=>r[1]==='00000000')||process.exit(1))[2];const gateway=[6,4,2,0].map(i=>parseInt(hex.slice(i,i+2),16)).join('.');";

/** Interfaces, address families, and who answers. */
export const networkCases: readonly DrillCase[] = [
  network.probe({ id: 'net-packet', action: 'read raw frames', code: 'bba' }, 'socket', '17', '3', '768'),
  network.probe({ id: 'net-rawip', action: 'forge IP packets', code: 'bba' }, 'socket', '2', '3', '1'),
  network.probe(
    { id: 'net-vsock', action: 'talk to the hypervisor (AF_VSOCK)', code: 'bb?', control: false },
    'socket',
    '40',
    '1',
    '0',
  ),
  network.probe(
    { id: 'net-alg', action: 'use kernel crypto (AF_ALG)', code: 'bb?', control: false },
    'socket',
    '38',
    '5',
    '0',
  ),
  network.sh(
    { id: 'net-route', action: 'have a route to the outside', code: 'aba', tightenedBy: 'network' },
    `awk '$2=="00000000"{f=1}END{exit !f}' /proc/net/route`,
  ),
  network.js(
    {
      id: 'net-gateway',
      action: 'reach a service of the host that listens on every address',
      // Where there is a network: a firewall may stand between, or the control plane be in a network of its own.
      code: '?b?',
      tightenedBy: 'network',
      needs: ['hostPort'],
    },
    ({ hostPort }) => `${GATEWAY}${connect(`${hostPort ?? 0},gateway`)}`,
  ),
  network.js(
    {
      id: 'net-loopback',
      action: "reach a service on the host's own loopback",
      code: 'bbb',
      needs: ['loopbackPort'],
    },
    ({ loopbackPort }) => connect(`${loopbackPort ?? 0},'127.0.0.1'`),
  ),
  network.js(
    { id: 'net-neighbour', action: "reach another agent's worker", code: 'bbb', needs: ['neighbour'] },
    ({ neighbour }) => connect(`${neighbour?.port ?? 0},'${neighbour?.address ?? ''}'`),
  ),
  network.js(
    {
      id: 'net-metadata',
      action: 'ask the cloud for credentials (169.254.169.254)',
      code: '?b?',
      tightenedBy: 'network',
    },
    connect(`80,'169.254.169.254'`),
  ),
  network.probe(
    { id: 'net-ifup', action: 'switch an interface on', code: 'bbb' },
    'ioctl',
    'socket',
    '0x8914',
    'b:6c6f00000000000000000000000000000100',
  ),
  network.probe(
    { id: 'net-ifdown', action: 'switch an interface off', code: 'bbb' },
    'ioctl',
    'socket',
    '0x8914',
    'b:6c6f0000000000000000000000000000',
  ),
  network.sh(
    { id: 'net-abstract', action: "find the host's abstract sockets", code: 'bbb' },
    'grep -q "@" /proc/net/unix',
  ),
];

/** Sockets and credentials of the control plane. */
export const controlCases: readonly DrillCase[] = [
  control.js(
    { id: 'ctl-own-socket', action: 'connect to the own link socket', code: 'aaa' },
    connect("'/run/clawforce/link.sock'"),
  ),
  control.sh(
    { id: 'ctl-replace-socket', action: 'replace the own link socket', code: 'bbb' },
    'rm -f /run/clawforce/link.sock && [ ! -e /run/clawforce/link.sock ]',
  ),
  control.sh(
    { id: 'ctl-plant-socket', action: 'leave a file beside the sockets', code: 'bbb' },
    'touch /run/clawforce/x',
  ),
  control.sh(
    {
      id: 'ctl-neigh-socket',
      action: "reach another agent's socket",
      code: 'bbb',
      needs: ['neighbourSocketDir'],
    },
    ({ neighbourSocketDir }) =>
      `[ -S /run/clawforce/../a2/link.sock ] || [ -S '${neighbourSocketDir ?? ''}/link.sock' ]`,
  ),
  control.sh(
    { id: 'ctl-docker-sock', action: "find the engine's socket", code: 'bbb' },
    '[ -S /var/run/docker.sock ] || [ -S /run/docker.sock ] || [ -S /run/containerd/containerd.sock ]',
  ),
  control.sh(
    { id: 'ctl-env-token', action: 'find a credential in the environment', code: 'bbb' },
    'tr "\\0" "\\n" < /proc/1/environ | grep -q -i -E "token|secret|api_key|password"',
  ),
];
