import { caseTable } from './case-table.js';
import type { DrillCase } from './drill-case.js';

const processes = caseTable('processes');
const privileges = caseTable('privileges');
const resources = caseTable('resources');
const MIB = 1024 ** 2;

/** `/proc`, `/sys` and other processes. */
export const processCases: readonly DrillCase[] = [
  processes.sh(
    { id: 'proc-hostpids', action: 'see processes of the host', code: 'bbb' },
    '[ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ]',
  ),
  processes.sh(
    { id: 'proc-kill1', action: 'kill the init process', code: 'bbb', control: false },
    'kill -9 1; sleep 0.3; exit 1',
  ),
  processes.sh(
    { id: 'proc-corepattern', action: 'make the host run a program at a crash', code: 'bbb', control: false },
    'echo "|/tmp/x" > /proc/sys/kernel/core_pattern',
  ),
  processes.sh(
    { id: 'proc-sysrq', action: 'press the magic key', code: 'bbb', control: false },
    'echo h > /proc/sysrq-trigger',
  ),
  processes.sh(
    { id: 'proc-kcore', action: 'read the memory of the kernel', code: 'bbb', control: false },
    'head -c 16 /proc/kcore | grep -q .',
  ),
  processes.sh(
    { id: 'proc-keys', action: 'list kernel keys', code: 'bbb' },
    '[ -n "$(cat /proc/keys 2>/dev/null)" ]',
  ),
  processes.sh(
    { id: 'proc-firmware', action: 'read firmware tables', code: 'bbb' },
    '[ -n "$(ls /sys/firmware 2>/dev/null)" ]',
  ),
  processes.sh(
    { id: 'proc-cgroup-raise', action: 'raise the own memory limit', code: 'bbb', control: false },
    'f=/sys/fs/cgroup/memory/memory.limit_in_bytes; [ -e $f ] || f=/sys/fs/cgroup/memory.max; [ -e $f ] && echo 1073741824 > $f',
  ),
  processes.sh(
    {
      id: 'proc-release-agent',
      action: 'make the host run a program when a cgroup empties',
      code: 'bbb',
      control: false,
    },
    'echo /tmp/x > /sys/fs/cgroup/memory/release_agent',
  ),
  processes.js(
    {
      id: 'proc-exe-write',
      action: 'overwrite the program of the init process',
      code: 'bbb',
      control: false,
    },
    "require('fs').openSync('/proc/1/exe','r+')",
  ),
  processes.sh(
    { id: 'proc-fdleak', action: 'find a descriptor that the engine leaked', code: 'bbb', control: false },
    'for f in /proc/self/fd/* /proc/1/fd/*; do readlink $f; done 2>/dev/null | grep -q cgroup',
  ),
];

/** What a process may become. */
export const privilegeCases: readonly DrillCase[] = [
  privileges.sh(
    { id: 'priv-caps', action: 'have capabilities', code: 'bba' },
    '! grep -q "CapEff:.0000000000000000" /proc/self/status',
  ),
  privileges.sh(
    { id: 'priv-bnd', action: 'be able to gain capabilities', code: 'bba' },
    '! grep -q "CapBnd:.0000000000000000" /proc/self/status',
  ),
  privileges.sh(
    { id: 'priv-nnp', action: 'gain rights by running a program', code: 'bba' },
    'grep -q "NoNewPrivs:.0" /proc/self/status',
  ),
  privileges.sh(
    { id: 'priv-seccomp', action: 'run without a syscall filter', code: 'bbb' },
    'grep -q "Seccomp:.0" /proc/self/status',
  ),
  privileges.sh({ id: 'priv-uid0', action: 'be root', code: 'bba' }, '[ "$(id -u)" = 0 ]'),
  privileges.sh(
    { id: 'priv-su', action: 'become root', code: 'bba' },
    '[ "$(id -u)" = 0 ] || su -c true </dev/null',
  ),
  privileges.sh(
    { id: 'priv-devkmsg', action: 'find devices of the host', code: 'bbb', control: false },
    '[ -e /dev/kmsg ] || [ -e /dev/mem ]',
  ),
];

/** Memory, CPU, processes, descriptors. */
export const resourceCases: readonly DrillCase[] = [
  resources.sh(
    { id: 'res-forks', action: 'start more processes than it may have', code: 'bba', tightenedBy: 'pids' },
    ({ pids }) =>
      `i=0; while [ $i -lt ${(pids ?? 350) + 50} ]; do sleep 2 & i=$((i+1)); done 2>/dev/null; [ $i = ${(pids ?? 350) + 50} ] && [ "$(ls -d /proc/[0-9]* | wc -l)" -ge ${(pids ?? 350) + 50} ]`,
  ),
  resources.js(
    { id: 'res-memory', action: 'take more memory than it may have', code: 'bbb' },
    ({ memoryBytes }) =>
      `const a=[];for(let i=0;i<${Math.ceil((memoryBytes * 1.5) / (8 * MIB))};i++)a.push(Buffer.alloc(8<<20,1));process.exit(0)`,
  ),
  resources.sh(
    { id: 'res-shm', action: 'put 100 MiB into shared memory', code: 'bbb' },
    'dd if=/dev/zero of=/dev/shm/f bs=1M count=100 2>/dev/null; r=$?; rm -f /dev/shm/f; exit $r',
  ),
  resources.js(
    { id: 'res-cpu', action: 'take more CPU than it may have', code: 'bbb', control: false },
    ({ cpus }) =>
      `const {Worker}=require('worker_threads');const c=process.cpuUsage(),t=Date.now();for(let i=0;i<${Math.ceil(cpus) + 1};i++)new Worker('const t=Date.now();while(Date.now()-t<1500);',{eval:true});setTimeout(()=>{const u=process.cpuUsage(c);process.exit((u.user+u.system)/1e3/(Date.now()-t)>${cpus * 1.15}?0:1)},1700)`,
  ),
  resources.sh(
    { id: 'res-zombies', action: 'pile up dead processes', code: 'bbb', control: false },
    'for i in 1 2 3 4 5 6 7 8 9 10; do (true &); done; sleep 1; [ "$(cat /proc/[0-9]*/stat 2>/dev/null | grep -c ") Z ")" -gt 5 ]',
  ),
  resources.js(
    { id: 'res-nofile', action: 'open 5000 files', code: 'bba' },
    "const fs=require('fs');try{for(let i=0;i<5000;i++)fs.openSync('/dev/null')}catch{process.exit(1)}",
  ),
];
