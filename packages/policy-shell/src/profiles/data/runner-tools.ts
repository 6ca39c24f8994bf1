import type { ToolProfile } from '../tool-profile.js';

const exec = 'shell.exec.option' as const;
const source = 'shell.fetch.source' as const;
const system = 'shell.fetch.system' as const;
const remote = 'shell.destructive.remote' as const;
const remove = 'shell.destructive.remove' as const;
const runner = 'shell.program.code-runner' as const;
const interactive = 'shell.program.interactive' as const;
const versions = '--version -version -v -V --help -help -h' as const;

const stageOptions = {
  text: '-n --name --desc',
  any: '-d --deps -o --outs -O --outs-no-cache -p --params -m --metrics -M --metrics-no-cache --plots --plots-no-cache -w --wdir',
  flag: '-f --force --run --no-exec --always-changed --external',
} as const;

// Takes a script of the project; without one it reads a program from its standard input.
const scripts = (names: string, rest: Omit<ToolProfile, 'names'> = {}): ToolProfile => ({
  names,
  operands: ['script', 'any'],
  optionsFirst: true,
  needsOperand: runner,
  ...rest,
  options: { info: versions, ...rest.options },
});

/** Runners of scripts, generators of projects from templates, and clients of services that change what others use. */
export const runnerTools: readonly ToolProfile[] = [
  scripts('raku rakudo perl6', {
    options: { code: '-e -n -p', any: '-I' },
    refuse: { [exec]: '-M --ll-exception' },
  }),
  scripts('qjs qjs-ng', {
    options: {
      info: '--help -h',
      code: '-e --eval -i --interactive',
      read: '-I --include',
      flag: '-m --module --script --std',
    },
  }),
  scripts('janet', {
    options: { code: '-e --eval -r --repl -s --std', flag: '-p -q -n -d -N -k' },
    refuse: { [exec]: '-l --lib -m --syspath' },
  }),
  scripts('psysh', { refuse: { [exec]: '-c --config -r' } }),
  scripts('zx', {
    options: { any: '--cwd --env', code: '-e --eval', flag: '--quiet --verbose' },
    refuse: { [exec]: '--shell --prefix --postfix --repl', [source]: '--registry' },
  }),
  scripts('kotlinc kotlinc-jvm', {
    style: 'single-dash',
    optionsFirst: false,
    options: { any: '-d -cp -classpath -script', code: '-e -expression' },
    refuse: { [exec]: '-Xplugin -J -compiler-plugin' },
  }),
  {
    names: 'swift',
    operands: ['script', 'any'],
    options: { info: versions },
    needsOperand: runner,
    refuse: { [exec]: '-e -plugin-path -load-plugin-library -Xfrontend -Xllvm -Xcc' },
    refuseOperands: { [exec]: 'repl' },
  },
  {
    names: 'scala-cli jbang',
    options: { info: versions },
    refuse: {
      [exec]: '--java-opt --javac-opt --javaagent --java-agent -J --compiler-plugin --interactive -i',
      [source]: '--repository --repo -r --repos',
      [runner]: '-c --code -e --execute-script --execute-scala --execute-java --script-snippet',
    },
    subcommands: {
      'repl console shell': runner,
      edit: interactive,
      'app setup-ide install-home update': system,
      publish: remote,
      'trust config': 'shell.exec.config',
      'run compile build test package fmt doc info init export clean catalog cache jdk': {
        operands: ['script', 'any'],
      },
    },
    otherSubcommand: { operands: ['script', 'any'] },
  },
  {
    names: 'jscodeshift',
    operands: ['any'],
    options: {
      script: '-t --transform',
      text: '--parser --extensions -c --cpus',
      pattern: '--ignore-pattern',
    },
    refuse: { 'shell.workspace.list': '--stdin' },
  },
  {
    names: 'task go-task',
    operands: ['any'],
    options: {
      script: '-t --taskfile',
      directory: '-d --dir',
      any: '--temp-dir',
      text: '-o --output -C --concurrency -I --interval',
      flag: '-p --parallel -c --color -x --exit-code -l --list -a --list-all -f --force -n --dry -s --silent -v --verbose -w --watch --summary --status',
    },
    refuse: { [exec]: '-g --global', [source]: '--download --insecure --trusted-hosts' },
    refuseOperands: { [remote]: 'db:drop db:reset' },
  },
  {
    names: 'nix',
    operands: ['text', 'package'],
    refuse: {
      [exec]:
        '-c --command --expr -E --option --builders --store --post-build-hook --plugin-files --debugger',
      [source]: '--substituters --extra-substituters --override-input --flake-registry',
    },
    refuseOperands: { [runner]: 'repl', [system]: 'profile upgrade-nix registry', [interactive]: 'edit' },
  },
  {
    names: 'cookiecutter cruft',
    operands: ['script', 'any'],
    options: {
      fill: '-o --output-dir',
      text: '-c --checkout --directory',
      any: '--config-file --replay-file',
    },
    refuse: { [exec]: '--accept-hooks' },
  },
  {
    names: 'copier',
    operands: ['text', 'script', 'fill'],
    options: { text: '-r --vcs-ref -d --data -x --exclude', any: '-a --answers-file --data-file' },
    refuse: { [exec]: '--UNSAFE --unsafe --trust' },
  },
  {
    names: 'degit tiged giget gitpick',
    operands: ['text', 'fill'],
    options: { text: '-m --mode' },
    refuse: { 'shell.destructive.overwrite': '-f --force --force-clean' },
  },
  {
    names: 'marimo',
    operands: ['any'],
    subcommands: {
      'edit new tutorial': interactive,
      'run export convert check': { operands: ['script', 'any'] },
    },
    otherSubcommand: { operands: ['any'] },
  },
  { names: 'kedro', operands: ['any'], refuseOperands: { [interactive]: 'ipython jupyter' } },
  {
    names: 'scrapy',
    operands: ['any'],
    refuseOperands: { [interactive]: 'shell edit', 'shell.program.network': 'view' },
  },
  {
    names: 'drush',
    operands: ['any'],
    options: { text: '-l --uri', any: '-r --root' },
    refuseOperands: {
      [runner]: 'ev eval php-eval php:eval php php-cli php:cli core-cli core:cli scr php-script php:script',
      [interactive]: 'sqlc sql-cli sql:cli config-edit config:edit cedit',
      [exec]: 'exec core-execute site:ssh ssh',
      [remote]: 'sql-drop sql:drop sql-sanitize sql:sanitize site-install site:install si',
    },
  },
  {
    names: 'luarocks',
    operands: ['text', 'package'],
    options: { any: '--tree' },
    refuse: {
      [source]: '--server --only-server --from --only-from',
      [system]: '--global',
      [exec]: '--lua-dir',
    },
    refuseOperands: { [remote]: 'upload', 'shell.exec.config': 'config' },
  },
  {
    names: 'flutter dart',
    operands: ['any'],
    refuse: {
      [exec]: '-e --eval -x --exec --require -r',
      [source]: '--git-url --hosted-url --source -s -u',
    },
    refuseOperands: {
      [exec]: 'exec eval repl shell console',
      [system]: 'global upgrade downgrade channel',
      [remote]: 'publish lish',
    },
  },
  {
    names: 'nuget',
    style: 'single-dash',
    operands: ['any'],
    options: { any: '-OutputDirectory -ConfigFile -SolutionDirectory', text: '-Version -Verbosity' },
    refuse: { [source]: '-Source -source -FallbackSource -fallbacksource' },
    refuseOperands: {
      [remote]: 'push delete',
      'shell.exec.config': 'sources setApiKey config',
      [system]: 'update',
    },
  },
  {
    names: 'pipx',
    options: { info: versions },
    refuse: {
      [source]: '--index-url -i --extra-index-url --pip-args',
      [exec]: '--python --backend',
    },
    subcommands: {
      run: {
        operands: ['command'],
        optionsFirst: true,
        options: { package: '--spec --with', flag: '--no-cache --pypackages -q -v' },
      },
      'list environment completions': { operands: ['text'] },
    },
    otherSubcommand: system,
  },
  {
    names: 'sqlx',
    operands: ['any'],
    options: { text: '-D --database-url' },
    refuseOperands: { [remote]: 'drop reset revert' },
  },
  {
    names: 'clickhouse-client clickhouse clickhouse-local',
    operands: ['text', 'sql'],
    takesCommands: true,
    options: { sql: '-q --query', text: '-h --host --port -u --user --password -d --database -f --format' },
    refuse: { [exec]: '-C --config-file --config', 'shell.workspace.list': '--queries-file' },
  },
  {
    names: 'mongorestore mongoimport',
    operands: ['any'],
    refuse: { [remote]: '--drop', 'shell.exec.config': '--config' },
  },
  { names: 'twine', operands: ['any'], refuseOperands: { [remote]: 'upload register' } },
  {
    names: 'flit',
    operands: ['any'],
    refuseOperands: { [remote]: 'publish' },
    refuse: { [source]: '--index-url', [exec]: '--python' },
  },
  { names: 'gh-pages surge', refused: remote },
  { names: 'mike', operands: ['any'], refuseOperands: { [remote]: 'deploy delete' } },
  { names: 'pod', operands: ['any'], refuseOperands: { [remote]: 'trunk push' } },
  { names: 'goreleaser', operands: ['any'], options: { any: '-f --config', text: '-p --parallelism' } },
  {
    names: 'dvc',
    operands: ['any'],
    refuseOperands: { [remove]: 'gc destroy', 'shell.exec.config': 'config remote' },
    // A stage is a command that is kept, and run.
    subcommands: {
      run: { operands: ['command'], options: stageOptions },
      stage: { operands: ['text', 'command'], options: stageOptions },
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'gpgconf',
    operands: ['text'],
    refuse: {
      'shell.program.process-control': '-K --kill -R --reload -X --launch',
      'shell.exec.config': '--change-options --apply-defaults --apply-profile',
    },
  },
  {
    names: 'transmission-cli',
    operands: ['any'],
    options: { fill: '-w --download-dir', any: '-g --config-dir' },
    refuse: { [exec]: '-f --finish' },
  },
  {
    names: 'rdiff-backup',
    operands: ['any'],
    refuse: {
      [exec]: '--remote-schema',
      'shell.workspace.list': '--include-filelist --exclude-filelist --include-globbing-filelist',
    },
  },
  {
    names: 'unison',
    operands: ['any'],
    style: 'single-dash',
    refuse: {
      [exec]:
        '-sshcmd -rshcmd -sshargs -rshargs -servercmd -merge -diff -copyprog -copyprogrest -include -source',
    },
  },
];
