/**
 * What the attacker wants, a script that prints GOT when it has it, whether it works without a confiner, and where
 * Landlock and seccomp cannot express the refusal, why.
 */
export type Escape = readonly [
  wants: string,
  script: string,
  control: 'works unconfined' | 'as root' | 'no control',
  landlockCannot?: string,
];

const works = 'works unconfined';
const connect = (where: string): string =>
  `node -e 'require("net").connect(${where}).on("connect",()=>{console.log("GOT");process.exit()}).on("error",()=>process.exit(1))'`;

const below = 'Landlock cannot deny a name below a directory that it allows';
const visible = 'Landlock hides content, not existence';

/**
 * Scripts for `sh`. The policy is not asked. $OUT is a directory beside the workspace with a file `secret`, $VICTIM a host
 * process, $PORT a TCP service, $ABSTRACT the name of an abstract socket.
 */
export const escapes: readonly Escape[] = [
  ['write a file outside', 'echo x > $OUT/written && echo GOT', works],
  ['append to a file outside', 'echo x >> $OUT/appended && echo GOT', works],
  ['delete a file outside', 'rm $OUT/doomed && echo GOT', works],
  ['rename a file outside', 'mv $OUT/movable $OUT/moved && echo GOT', works],
  ['read a secret outside by its absolute path', 'grep -q hush $OUT/secret && echo GOT', works],
  ['read it through ..', 'grep -q hush ../outside/secret && echo GOT', works],
  ['read it through a planted link', 'ln -sfn $OUT/secret l && grep -q hush l && echo GOT', works],
  ['write through a planted directory link', 'ln -sfn $OUT d && echo x > d/linked && echo GOT', works],
  ['hard-link the secret into the workspace', 'ln $OUT/secret hard && grep -q hush hard && echo GOT', works],
  ['copy the directory outside', 'cp -r $OUT copy && grep -q hush copy/secret && echo GOT', works],
  ['list what lies beside the workspace', 'ls .. | grep -q outside && echo GOT', works],
  ['reach the secret through /proc/self/root', 'grep -q hush /proc/self/root$OUT/secret && echo GOT', works],
  ['reach the secret through /proc/1/root', 'grep -q hush /proc/1/root$OUT/secret && echo GOT', 'no control'],
  ['reach the secret through a working directory', 'for d in /proc/[0-9]*/cwd; do grep -q hush $d/../outside/secret && echo GOT; done', 'no control'],
  ['read password hashes', 'grep -q : /etc/shadow && echo GOT', 'as root'],
  ['list the home directory of the host', '[ -n "$(ls -A $HOSTHOME)" ] && echo GOT', works],
  ['read the accounts of the host', 'grep -q /usr/sbin/nologin /etc/passwd && echo GOT', 'no control'],
  ['create a file in the root directory', 'echo x > /planted && echo GOT', 'no control'],
  ['plant a program', 'echo x > /usr/bin/planted && echo GOT', 'no control'],
  ['plant a configuration file', 'echo x > /etc/planted && echo GOT', 'no control'],
  ['leave a file in the /tmp of the host', 'touch $OUTTMP && [ -d $OUT ] && echo GOT', works],
  ['make the file system writable again', 'mount -o remount,rw / && echo GOT; mount -o remount,rw,bind /usr && echo GOT', 'no control'],
  ['unmount a mask', 'umount .config && echo GOT', 'no control'],
  ['see a process of the host', '[ -d /proc/$VICTIM ] && grep -q 86399 /proc/$VICTIM/cmdline && echo GOT', works],
  ['signal a process of the host', 'kill -0 $VICTIM && echo GOT', works],
  ['trace a process of the host', `perl -e 'exit 1 if syscall(101,16,$VICTIM,0,0) != 0; print "GOT"'`, works],
  ['read the environment of a host process', 'tr "\\0" "\\n" < /proc/$VICTIM/environ | grep -q VICTIMSECRET && echo GOT', works],
  ['read the environment of the parent', 'for e in /proc/[0-9]*/environ; do tr "\\0" "\\n" < $e; done | grep -q CLAWFORCE_TEST_SECRET && echo GOT', 'no control'],
  ['find a variable that was not granted', 'env | grep -q CLAWFORCE_TEST_SECRET && echo GOT', 'no control'],
  ['find descriptors left open', 'ls -l /proc/self/fd | grep -E " ([5-9]|[1-9][0-9]+) ->" | grep -v /dev/null && echo GOT', 'no control'],
  ['connect to a loopback service of the host', connect('$PORT,"127.0.0.1"'), works],
  ['connect to a unix socket of the host', connect('"$OUT/host.sock"'), works],
  ['connect to an abstract socket of the host', connect('"\\0$ABSTRACT"'), works],
  ['find a network interface', 'grep -v -e lo: -e Inter -e face /proc/net/dev && echo GOT', 'no control'],
  ['find the socket of a container engine', '[ -S /run/docker.sock ] || [ -S /var/run/docker.sock ] && echo GOT', 'no control', visible],
  ['make a nested user namespace', 'unshare -U true && echo GOT', 'as root'],
  ['mount in a nested namespace', 'unshare -Urm mount -t tmpfs x /tmp && echo GOT', 'as root'],
  ['make a device file', 'mknod dev b 8 0 && echo GOT', 'as root'],
  ['give a file to another user', 'touch f && chown 12345 f && echo GOT', 'as root'],
  ['find raw memory or disks', 'ls /dev/mem /dev/kmsg /dev/sd* /dev/nvme* /dev/vd* /dev/loop* 2>/dev/null | grep -q . && echo GOT', 'no control', visible],
  ['change a kernel setting', '(cat /proc/sys/kernel/printk > /proc/sys/kernel/printk) && echo GOT', 'as root'],
  ['have the kernel run a program', '(: >> /proc/sys/kernel/core_pattern) && echo GOT', 'as root'],
  ['press the magic key of the kernel', '(: >> /proc/sysrq-trigger) && echo GOT', 'no control'],
  ['look into /sys', '[ -n "$(ls -A /sys)" ] && echo GOT', 'no control'],
  ['rename the machine', 'hostname evil && echo GOT', 'no control'],
  ['use a capability', 'grep CapEff /proc/self/status | grep -qv 0000000000000000 && echo GOT', 'as root'],
  ['gain rights by a set-uid program', 'grep NoNewPrivs /proc/self/status | grep -q 0 && echo GOT', 'no control'],
  ['read a protected file', 'grep -q k .config/agent.json && echo GOT', works, below],
  ['overwrite a protected file', 'echo x > .config/agent.json && echo GOT', works, below],
  ['move a protected directory away', 'mv .config moved && echo GOT', works, below],
  ['create a protected name that is absent', 'mkdir -p .state && echo x > .state/planted && echo GOT', works, below],
  ['create a protected file that is absent', 'echo x > agent.json && echo GOT', works, below],
  ['plant a git hook', 'echo x > .git/hooks/pre-commit && echo GOT', works, below],
  ['swap the hooks directory', 'mv .git/hooks .git/old && mkdir .git/hooks && echo x > .git/hooks/pre-commit && echo GOT', works, below],
  ['swap the whole .git directory', 'mv .git old && mkdir -p .git/hooks && echo x > .git/hooks/pre-commit && echo GOT', works, below],
  ['read raw memory or a disk', 'for d in /dev/mem /dev/kmsg /dev/sda /dev/vda /dev/nvme0n1; do [ -n "$(head -c1 $d 2>/dev/null | od -An -tx1)" ] && echo GOT; done', 'no control'],
  ['learn names beside the workspace by guessing', '[ -e $OUT/secret ] && echo GOT', works, visible],
  ['change the mode of a file outside', 'chmod 640 $OUT/secret && echo GOT', works, 'Landlock does not govern chmod, chown, utimes and extended attributes'],
  ['write outside through the working directory in /proc', 'echo x > /proc/self/cwd/../outside/planted && echo GOT', works],
  ['read it through an open directory', 'exec 9< . && grep -q hush /proc/self/fd/9/../outside/secret && echo GOT', works],
  ['make a directory outside', 'mkdir $OUT/made && echo GOT', works],
  ['delete the workspace itself', 'rmdir . ; mv ../workspace ../gone && echo GOT', 'no control'],
]; // prettier-ignore
