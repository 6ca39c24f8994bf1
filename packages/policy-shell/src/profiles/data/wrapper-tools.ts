import type { ToolProfile } from '../tool-profile.js';

const usage = 'shell.exec.wrapper-usage' as const;
const wrapper = (names: string, rest: Omit<ToolProfile, 'names'> = {}): ToolProfile => ({
  names,
  operands: ['command'],
  optionsFirst: true,
  needsOperand: usage,
  unknownOption: usage,
  ...rest,
  options: { ...rest.options, info: `--help --version ${rest.options?.info ?? ''}` },
});

/** Programs that start another program with the words that follow; those words are judged in turn. */
export const wrapperTools: readonly ToolProfile[] = [
  wrapper('timeout gtimeout', {
    options: { text: '-k --kill-after -s --signal', flag: '-v --verbose --preserve-status --foreground' },
    operands: ['text', 'command'],
  }),
  wrapper('env', {
    options: {
      flag: '-i --ignore-environment -v --debug -',
      text: '-u --unset',
      directory: '-C --chdir',
      'split-command': '-S --split-string',
    },
    refuse: { 'shell.env.dump': '-0 --null' },
    operands: ['assignments-then-command'],
    needsOperand: 'shell.env.dump',
  }),
  wrapper('nice', { options: { text: '-n --adjustment', flag: '-0 -1 -2 -3 -4 -5 -6 -7 -8 -9' } }),
  wrapper('ionice', {
    options: { text: '-c --class -n --classdata', flag: '-t --ignore' },
    refuse: { 'shell.program.process-control': '-p --pid -P --pgid -u --uid' },
  }),
  wrapper('nohup', {}),
  wrapper('setsid', {
    options: { flag: '-w --wait' },
    refuse: { 'shell.syntax.background': '-f --fork -c --ctty' },
  }),
  wrapper('stdbuf', { options: { text: '-i --input -o --output -e --error' } }),
  wrapper('time gtime', {
    options: {
      flag: '-p -v --verbose --portability -a --append -q --quiet',
      write: '-o --output',
      text: '-f --format',
    },
  }),
  wrapper('chrt', {
    options: { flag: '-b --batch -f --fifo -i --idle -o --other -r --rr -v --verbose' },
    operands: ['text', 'command'],
  }),
  wrapper('taskset', {
    options: { flag: '-c --cpu-list -a --all-tasks' },
    refuse: { 'shell.program.process-control': '-p --pid' },
    operands: ['text', 'command'],
  }),
  // Its first word may be missing; where it is there, it is the name of one of these too: `setarch x86_64 -R npm test`.
  wrapper('setarch linux32 linux64 i386 i486 i586 i686 x86_64 uname26 aarch64 arm64 armv7l', {
    options: { flag: '-R --addr-no-randomize -v --verbose' },
  }),
  wrapper('flock', {
    options: {
      flag: '-s --shared -x -e --exclusive -n --nb --nonblock -u --unlock -o --close -F --no-fork',
      text: '-w --timeout --wait -E --conflict-exit-code',
    },
    refuse: { 'shell.exec.wrapper': '-c --command' },
    operands: ['write', 'command'],
  }),
  wrapper('xvfb-run', { options: { flag: '-a --auto-servernum', text: '-n --server-num -w --wait' } }),
  wrapper('prlimit', {
    options: {
      flag: '--raw --noheadings',
      text: '-o --output',
      optional: '--nproc --as --cpu --fsize --nofile --stack --rss --core --data',
    },
    refuse: { 'shell.program.process-control': '-p --pid' },
  }),
  wrapper('numactl', {
    options: { flag: '-l --localalloc', text: '-N --cpunodebind -m --membind -C --physcpubind' },
  }),
  wrapper('cross-env cross-env-shell', { operands: ['assignments-then-command'] }),
  wrapper('dotenv dotenvx', { options: { any: '-f -e', flag: '--' }, operands: ['command'] }),
  wrapper('direnv', {
    operands: ['text', 'any', 'command'],
    refuseOperands: {
      'shell.exec.config': 'allow permit grant edit',
      'shell.env.dump': 'dump export show_dump apply_dump stdlib',
    },
  }),
  wrapper('c8 nyc', {
    options: {
      flag: '-a --all --check-coverage --per-file --100 --silent -s --no-clean --clean --skip-full',
      text: '-r --reporter --lines --branches --functions --statements',
      pattern: '-n --include -x --exclude -e --extension',
      any: '-c --config --src --cwd -o --reports-dir --report-dir',
      emptied: '--temp-directory --temp-dir',
    },
    refuse: { 'shell.exec.option': '-i --require' },
  }),
  wrapper('chronic', { options: { flag: '-v -e' } }),
  wrapper('command', { options: { info: '-v -V', flag: '-p' } }),
  wrapper('busybox toybox', {
    options: { info: '--list --list-full' },
    refuse: { 'shell.exec.wrapper': '--install' },
  }),
];

/** Programs that run a command with other rights; the `elevation` option decides whether they may. */
export const elevationTools: readonly ToolProfile[] = [
  wrapper('sudo', {
    operands: ['assignments-then-command'],
    options: {
      flag: '-n --non-interactive -H --set-home -E',
      text: '-u --user -g --group -p --prompt',
      directory: '-D --chdir',
    },
    refuse: {
      'shell.program.code-runner': '-s --shell -i --login',
      'shell.program.interactive': '-e --edit',
    },
  }),
  wrapper('sudoedit', { needsOperand: 'shell.program.interactive', operands: ['command'] }),
  wrapper('doas', { options: { flag: '-n', text: '-u' }, refuse: { 'shell.program.code-runner': '-s' } }),
  // Without a command it starts a shell, and what stands behind the user are arguments of that shell.
  wrapper('su', {
    operands: ['never'],
    operandsWith: [{ options: '-c --command --session-command', operands: ['text', 'never'] }],
    optionsFirst: false,
    options: {
      'command-text': '-c --command --session-command',
      flag: '- -l --login -m -p --preserve-environment -f --fast',
    },
    needsOperand: 'shell.program.code-runner',
  }),
];
