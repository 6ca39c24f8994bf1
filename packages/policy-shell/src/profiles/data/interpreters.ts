import type { ToolProfile } from '../tool-profile.js';

const unknown = 'shell.option.unknown' as const;
const runner = 'shell.program.code-runner' as const;
const interpreter = (names: string, rest: Omit<ToolProfile, 'names'>): ToolProfile => ({
  names,
  operands: ['script', 'any'],
  optionsFirst: true,
  needsOperand: runner,
  unknownOption: unknown,
  refuseOperands: { [runner]: '-' },
  ...rest,
});

const posixShell = (names: string, text: ToolProfile['options']): ToolProfile =>
  interpreter(names, {
    options: {
      info: '--version --help',
      flag: '-e -u -x -n -v -f +x +e +u --posix --norc --noprofile --verbose --noediting',
      ...text,
    },
    refuse: {
      'shell.program.code-runner':
        '-i -s -l -r --login --rcfile --init-file -o +o -O +O --debugger -D -a -b -h -k -m -p -t -B -C -E -H -P -T',
    },
  });

/** Programs that run code: a script file of the workspace is honest work, code in an argument is `inlineCode`. */
export const interpreters: readonly ToolProfile[] = [
  posixShell('sh bash dash ash yash rbash hush', { 'command-text': '-c' }),
  // These evaluate the subscripts of an array in what others take for a number.
  posixShell('ksh mksh pdksh posh', { 'foreign-text': '-c' }),
  interpreter('zsh fish csh tcsh', {
    options: {
      info: '--version --help',
      flag: '-n --no-execute -e -u -x -v -f',
      'foreign-text': '-c --command',
    },
    refuse: { 'shell.program.code-runner': '-C --init-command -i --interactive -l --login -s' },
  }),
  interpreter('python pypy jython micropython graalpy', {
    options: {
      info: '-V --version -h --help',
      flag: '-u -B -b -d -E -I -O -q -s -S -v -P -OO -VV',
      text: '-W -X --check-hash-based-pycs',
      code: '-c',
      module: '-m',
    },
    refuse: { 'shell.program.code-runner': '-i -x' },
    refuseOperands: { 'shell.program.code-runner': '-' },
  }),
  interpreter('node nodejs electron', {
    options: {
      info: '--version -v --help -h --v8-options --test --test-only',
      flag: '-c --check --no-warnings --trace-warnings --trace-deprecation --trace-uncaught --watch --watch-preserve-output --enable-source-maps --inspect --inspect-brk --expose-gc --preserve-symlinks --pending-deprecation --throw-deprecation --no-deprecation --use-openssl-ca --experimental-vm-modules --experimental-strip-types --experimental-modules --experimental-json-modules --experimental-test-coverage --experimental-fetch --experimental-specifier-resolution --disable-warning --unhandled-rejections --stack-trace-limit --prof --cpu-prof --heap-prof --interpreted-frames-native-stack --max-old-space-size --max_old_space_size --stack-size --max-semi-space-size --max-http-header-size --input-type --dns-result-order --icu-data-dir --no-experimental-fetch --abort-on-uncaught-exception --trace-exit --trace-gc --no-opt --allow-natives-syntax --trace-sync-io --title --force --report-on-signal --conditions --test-concurrency --test-force-exit --test-timeout --no-addons --permission',
      pattern: '--test-name-pattern --test-skip-pattern',
      text: '-C --test-reporter --test-shard',
      any: '--env-file --env-file-if-exists --test-reporter-destination --cpu-prof-dir --diagnostic-dir --redirect-warnings --watch-path --allow-fs-read --allow-fs-write',
      'script-name': '--run',
      code: '-e --eval -p --print -pe -ep',
      preload: '-r --require --import --loader --experimental-loader',
    },
    refuse: {
      'shell.exec.option':
        '--openssl-config --snapshot-blob --build-snapshot --experimental-config-file --experimental-default-config-file --experimental-sea-config',
      'shell.program.code-runner': '-i --interactive',
    },
    operandsWith: [{ options: '--test', operands: ['any'] }],
    refuseOperands: { 'shell.program.code-runner': '-', 'shell.program.debugger': 'inspect' },
  }),
  interpreter('tsx ts-node esno babel-node', {
    options: {
      info: '--version -v --help -h',
      flag: '--watch --no-cache --esm --transpile-only -T --files --swc --test',
      any: '--tsconfig --project -P --env-file',
      code: '-e --eval -p --print',
      preload: '-r --require --import --loader',
    },
  }),
  interpreter('perl', {
    options: {
      info: '-v --version -V -h',
      flag: '-w -c -W -X -t -T -u -U -s',
      code: '-e -E -n -p -i -l -a -F -0 -d -D -x',
    },
    refuse: { 'shell.exec.option': '-M -m -I -S -C' },
  }),
  interpreter('ruby jruby truffleruby', {
    options: {
      info: '-v --version --help -h --copyright',
      flag: '-w -c -W -W0 -W1 -W2 --verbose --yjit --jit',
      code: '-e -n -p -i -l -a -F -0 -x -s',
    },
    refuse: { 'shell.exec.option': '-r -I -S -C --require -X' },
  }),
  interpreter('php', {
    options: {
      info: '-v --version -m -h --help',
      flag: '-l --syntax-check -n -q',
      code: '-r --run -R -B -E -F -a --interactive',
    },
    refuse: {
      'shell.exec.option': '-d -c -z --define',
      'shell.env.dump': '-i --info',
      'shell.program.network': '-S -t',
    },
  }),
  interpreter('lua luajit luau texlua', {
    options: { info: '-v -V --version', flag: '-W -E', code: '-e -i' },
    refuse: { 'shell.exec.option': '-l -b -j' },
  }),
  interpreter('rscript', {
    options: {
      info: '--version --help',
      flag: '--vanilla --no-save --no-restore --slave --no-echo --verbose',
      code: '-e',
    },
  }),
  interpreter('r littler', { options: { info: '--version --help' }, operands: ['code'] }),
  interpreter('julia', {
    options: {
      info: '-v --version -h --help',
      flag: '-q -i --color --startup-file --check-bounds --compile',
      text: '-t --threads -O --optimize -p',
      any: '--project',
      code: '-e --eval -E --print',
    },
    refuse: { 'shell.exec.option': '-L --load -J --sysimage --machine-file' },
  }),
  interpreter('elixir', {
    options: { info: '-v --version -h --help', code: '-e --eval --rpc-eval' },
    refuse: { 'shell.exec.option': '-r -S -pr -pa -pz --erl --boot --dbg' },
  }),
  interpreter('groovy scala kotlin escript', {
    options: { info: '-v --version -version --help -help', code: '-e -n -p -a -l' },
  }),
  { names: 'erb', operands: ['read'], refuse: { 'shell.exec.option': '-r -S -U' } },
  interpreter('osascript', { options: { code: '-e' } }),
  {
    names: 'java',
    style: 'single-dash',
    optionsFirst: true,
    options: {
      info: '-version --version -help --help -showversion',
      any: '-cp -classpath --class-path -p --module-path --add-modules',
      text: '-m --module --add-opens --add-exports --add-reads --limit-modules',
      read: '-jar',
    },
    refuse: {
      'shell.exec.option':
        '-javaagent -agentlib -agentpath -Xrun -Xdebug -XX:OnError -XX:OnOutOfMemoryError -XX:Flags -XX:VMOptionsFile -Xbootclasspath -Xbootclasspath/a -Xbootclasspath/p --patch-module --upgrade-module-path -splash',
    },
    operands: ['any'],
  },
  {
    names: 'awk gawk mawk nawk original-awk bwk',
    options: {
      info: '--version -V --help -h',
      pattern: '-F --field-separator',
      'name-value': '-v --assign',
      script: '-f --file',
      flag: '--posix -P --re-interval -r --sandbox -S --csv -k --traditional -c --characters-as-bytes -b -t -n -N -M -O -s -g -C',
    },
    refuse: {
      'shell.exec.option':
        '-W -l --load -i --include -E --exec -e --source -D --debug -p --profile -o --pretty-print -d --dump-variables',
    },
    unknownOption: unknown,
    optionsFirst: true,
    operands: ['awk', 'name-value'],
    operandsWith: [{ options: '-f --file', operands: ['name-value'] }],
  },
  {
    names: 'sed gsed ssed',
    options: {
      info: '--version --help',
      sed: '-e --expression',
      script: '-f --file',
      text: '-l --line-length',
      optional: '-i --in-place',
      flag: '-n --quiet --silent -E -r --regexp-extended -s --separate -z --null-data -u --unbuffered -b --binary --posix --follow-symlinks --debug --sandbox',
    },
    unknownOption: unknown,
    operands: ['sed', 'any'],
    operandsWith: [{ options: '-e --expression -f --file', operands: ['any'] }],
  },
  {
    names: 'jq gojq jaq xq tomlq',
    options: {
      info: '--version -V --help -h',
      text2: '--arg --argjson',
      'text-path': '--slurpfile --rawfile --argfile',
      read: '-f --from-file -L --library-path',
      text: '--indent',
      flag: '-r -c -e -s -n -S -M -C -a -j --raw-output --raw-output0 --compact-output --exit-status --slurp --null-input --sort-keys --monochrome-output --color-output --ascii-output --join-output --tab --stream --args --jsonargs --raw-input -R --seq --unbuffered --stream-errors',
    },
    unknownOption: unknown,
    operands: ['jq', 'any'],
    operandsWith: [{ options: '-f --from-file', operands: ['any'] }],
  },
  {
    names: 'yq',
    options: {
      flag: '-r -y -Y -i --inplace -P --prettyPrint',
      text: '-o --output-format -p --input-format -I --indent',
    },
    operands: ['yq'],
  },
];
