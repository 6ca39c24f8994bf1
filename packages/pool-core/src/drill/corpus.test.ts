import { describe, expect, test } from 'vitest';
import { DRILL_CASES } from '../drill.js';

/** Every id of the corpus that the drill was written from: what was measured once is tried for ever. */
const CORPUS = `
fs-rootfs-bin fs-etc-passwd fs-var-tmp fs-tmp-write fs-tmp-exec fs-tmp-fill fs-tmp-inodes fs-own-dir
fs-neighbour-dotdot fs-neighbour-hostpath fs-symlink-out fs-symlink-plant fs-fifo-plant fs-sparse fs-agent-fill
fs-setuid-root-plant fs-mknod fs-dev-open fs-chown fs-dac fs-immutable fs-filecaps mnt-tmpfs mnt-remount
mnt-umount-agent mnt-bind mnt-proc mnt-fsopen mnt-opentree ns-user ns-mount ns-userns-mount ns-setns ns-chroot
ns-pivot sys-module sys-bpf sys-perf sys-addkey sys-userfaultfd sys-io-uring sys-openbyhandle sys-personality
sys-reboot sys-swapon sys-kexec sys-acct sys-hostname sys-time sys-dmesg sys-oomadj sys-nice sys-rlimit
net-packet net-rawip net-vsock net-alg net-route net-gateway net-loopback net-neighbour net-metadata net-ifup
net-abstract ctl-own-socket ctl-replace-socket ctl-neigh-socket ctl-docker-sock ctl-env-token proc-hostpids
proc-kill1 proc-corepattern proc-sysrq proc-kcore proc-keys proc-firmware proc-cgroup-raise proc-release-agent
proc-exe-write proc-fdleak priv-caps priv-bnd priv-nnp priv-seccomp priv-su priv-uid0 priv-devkmsg res-forks
res-memory res-shm res-cpu res-zombies res-nofile
`;

describe('the corpus of drills', () => {
  test('is there as a whole', () => {
    const ids = new Set(DRILL_CASES.map(({ id }) => id));
    const wanted = CORPUS.trim().split(/\s+/);
    expect(wanted.length).toBe(93);
    expect(wanted.filter((id) => !ids.has(id))).toEqual([]);
  });
});
