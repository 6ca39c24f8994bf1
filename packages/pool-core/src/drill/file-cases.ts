import { caseTable } from './case-table.js';
import type { DrillCase } from './drill-case.js';

const { sh, js, probe } = caseTable('files');
const MIB = 1024 ** 2;
const WORKSPACE = '/agent/workspace';
// A program that keeps its name runs as a copy also where it is one of busybox.
const COPY_TRUE = 'cp "$(ls /bin/true /usr/bin/true 2>/dev/null | head -n 1)"';
/** FS_IOC_SETFLAGS with FS_IMMUTABLE_FL. */
const SET_FLAGS = '0x40086602';
/** Version 2 of the attribute, CAP_DAC_OVERRIDE permitted. */
const FILE_CAPABILITY = 'b:0000000202000000000000000000000000000000';

/** The image, scratch space and the agent's own directory. */
export const fileCases: readonly DrillCase[] = [
  sh(
    { id: 'fs-rootfs-bin', action: 'add a program to the image', code: 'bba', tightenedBy: 'readOnlyRoot' },
    'touch /usr/local/bin/evil',
  ),
  sh(
    { id: 'fs-etc-passwd', action: 'append a user to /etc/passwd', code: 'bba', tightenedBy: 'readOnlyRoot' },
    'echo x:x:0:0::/:/bin/sh >> /etc/passwd',
  ),
  sh(
    { id: 'fs-var-tmp', action: 'leave a file in /var/tmp', code: 'aba', tightenedBy: 'readOnlyRoot' },
    'touch /var/tmp/x && rm /var/tmp/x',
  ),
  sh(
    { id: 'fs-tmp-write', action: 'write a scratch file in /tmp', code: 'aaa' },
    'echo 1 > /tmp/x && rm /tmp/x',
  ),
  sh(
    {
      id: 'fs-tmp-exec',
      action: 'run a program that was dropped in /tmp',
      code: 'aba',
      tightenedBy: 'readOnlyRoot',
    },
    `${COPY_TRUE} /tmp/true && /tmp/true`,
  ),
  sh(
    {
      id: 'fs-tmp-fill',
      action: 'put more into /tmp than it may hold',
      code: 'aba',
      tightenedBy: 'readOnlyRoot',
    },
    ({ tmpBytes }) =>
      `dd if=/dev/zero of=/tmp/f bs=1M count=${Math.ceil(tmpBytes / MIB) + 8} 2>/dev/null; r=$?; rm -f /tmp/f; exit $r`,
  ),
  js(
    {
      id: 'fs-tmp-inodes',
      action: 'make more files in /tmp than it may hold',
      code: 'aba',
      tightenedBy: 'readOnlyRoot',
    },
    ({ tmpInodes }) =>
      `const fs=require('fs');fs.mkdirSync('/tmp/i',{recursive:true});let r=0;try{for(let i=0;i<${tmpInodes + 100};i++)fs.writeFileSync('/tmp/i/'+i,'')}catch{r=1}fs.rmSync('/tmp/i',{recursive:true});process.exit(r)`,
  ),
  sh(
    { id: 'fs-own-dir', action: 'write and read back in the workspace', code: 'aaa' },
    `echo ok > ${WORKSPACE}/w && grep -q ok ${WORKSPACE}/w`,
  ),
  sh({ id: 'fs-agent-root', action: 'write beside the workspace', code: 'bbb' }, 'touch /agent/x'),
  sh(
    { id: 'fs-profiles', action: 'change the instructions of the agent', code: 'bbb' },
    'touch /agent/profiles/x',
  ),
  sh(
    { id: 'fs-hidden', action: 'see anything in a hidden zone', code: 'bbb' },
    '[ -n "$(ls -A /agent/.config /agent/.sessions /agent/.logs | grep -v :)" ]',
  ),
  sh({ id: 'fs-hidden-write', action: 'write into a hidden zone', code: 'bbb' }, 'touch /agent/.config/x'),
  sh(
    { id: 'fs-neighbour-dotdot', action: 'leave the agent directory upwards', code: 'bbb' },
    '[ -n "$(ls -A /agent/.. | grep -i secret)" ] || cat /agent/../a2/secret',
  ),
  sh(
    {
      id: 'fs-neighbour-hostpath',
      action: "read another agent's file by its host path",
      code: 'bbb',
      needs: ['neighbourDir'],
    },
    ({ neighbourDir }) => `cat '${neighbourDir ?? ''}/secret'`,
  ),
  sh(
    {
      id: 'fs-symlink-out',
      action: "read another agent's file through a link",
      code: 'bbb',
      needs: ['neighbourDir'],
    },
    ({ neighbourDir }) => `ln -sfn '${neighbourDir ?? ''}/secret' ${WORKSPACE}/l && cat ${WORKSPACE}/l`,
  ),
  sh(
    { id: 'fs-symlink-plant', action: 'leave a link for the host to follow', code: 'aaa' },
    `ln -sfn /etc/hostname ${WORKSPACE}/trap && rm ${WORKSPACE}/trap`,
  ),
  sh(
    { id: 'fs-fifo-plant', action: 'leave a pipe for the host to block on', code: 'aaa' },
    `rm -f ${WORKSPACE}/fifo; mkfifo ${WORKSPACE}/fifo && rm ${WORKSPACE}/fifo`,
  ),
  sh(
    { id: 'fs-sparse', action: 'make a sparse file of a terabyte', code: 'aaa' },
    `truncate -s 1099511627776 ${WORKSPACE}/big; r=$?; rm -f ${WORKSPACE}/big; exit $r`,
  ),
  sh(
    { id: 'fs-agent-fill', action: 'write 300 MiB into the workspace', code: 'aaa' },
    `dd if=/dev/zero of=${WORKSPACE}/fill bs=1M count=300 2>/dev/null; r=$?; rm -f ${WORKSPACE}/fill; exit $r`,
  ),
  sh(
    {
      id: 'fs-setuid-root-plant',
      action: 'leave a program of root with the set-user-id bit on the host',
      code: 'bba',
    },
    `${COPY_TRUE} ${WORKSPACE}/su && chmod 4755 ${WORKSPACE}/su && [ "$(stat -c %u ${WORKSPACE}/su)" = 0 ]; r=$?; rm -f ${WORKSPACE}/su; exit $r`,
  ),
  sh({ id: 'fs-mknod', action: 'make a device node', code: 'bba' }, 'rm -f /tmp/n; mknod /tmp/n b 254 0'),
  sh(
    { id: 'fs-dev-open', action: 'read a disk device', code: 'bbb', control: false },
    'rm -f /tmp/n; mknod /tmp/n b 254 0 && dd if=/tmp/n of=/dev/null bs=512 count=1',
  ),
  sh(
    { id: 'fs-chown', action: 'give a file to another user', code: 'bba' },
    `touch ${WORKSPACE}/c && chown 12345 ${WORKSPACE}/c`,
  ),
  sh({ id: 'fs-dac', action: 'look into a directory of root', code: 'bba' }, 'ls /root'),
  probe(
    { id: 'fs-immutable', action: 'make a file that nobody can delete', code: 'bbb' },
    'ioctl',
    WORKSPACE,
    SET_FLAGS,
    'b:1000000000000000',
  ),
  probe(
    { id: 'fs-filecaps', action: 'give a file capabilities', code: 'bba' },
    'call',
    'works',
    'lsetxattr',
    `s:${WORKSPACE}/w`,
    's:security.capability',
    FILE_CAPABILITY,
    '20',
    '0',
  ),
];
