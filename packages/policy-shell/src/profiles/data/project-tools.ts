import type { OptionLists, ToolProfile } from '../tool-profile.js';
import { packageManagers } from './package-managers.js';

const exec = 'shell.exec.option' as const;
const source = 'shell.fetch.source' as const;
const system = 'shell.fetch.system' as const;
const config = 'shell.exec.config' as const;
const secret = 'shell.secret.read' as const;
const remote = 'shell.destructive.remote' as const;
const runner = 'shell.program.code-runner' as const;
const interactive = 'shell.program.interactive' as const;
const destructiveDatabaseTasks =
  'db:drop db:reset db:purge db:truncate_all db:migrate:reset db:seed:replant db:drop:_unsafe';

// They share their commands; the options that enter a directory differ, and what the first list names goes before.
const scriptRunner = (
  names: string,
  directories: OptionLists,
  own: ToolProfile['subcommands'] = {},
): ToolProfile => ({
  names,
  options: {
    any: '--modules-folder --cache-folder',
    ...directories,
    text: '-F --filter',
    flag: '-r --recursive -w --workspace-root -s --silent',
  },
  refuse: {
    [source]: '--registry',
    [system]: '-g --global',
    [exec]:
      '--script-shell --use-yarnrc --eval -e --print -p --preload --shell-emulator --pnpmfile --global-dir -c --shell-mode --import --require --config',
  },
  subcommands: {
    ...own,
    'run test start build lint': { operands: ['package', 'any'] },
    'install add remove upgrade update up import link i ci rm un dedupe prune rebuild': {
      operands: ['package'],
    },
    'exec dlx x node create': {
      operands: ['command'],
      optionsFirst: true,
      refuse: { [exec]: '-c --shell-mode' },
    },
    global: system,
    config: { operands: ['text'], refuseOperands: { [config]: 'set delete', [secret]: 'list' } },
    'login logout npm publish token': secret,
    // An address is the program that all later calls run.
    set: { operands: ['text', 'script'] },
    env: system,
    repl: runner,
  },
  runsPrograms: 'run workspace',
  otherSubcommand: { operands: ['any'] },
});

/** Package managers, build tools, test runners, linters. Their own scripts are honest work; the confiner holds them. */
export const projectTools: readonly ToolProfile[] = [
  {
    names: 'npm',
    options: {
      base: '--prefix -C --dir',
      any: '--cache --userconfig --globalconfig --pack-destination',
      text: '-w --workspace --loglevel --depth --omit --include --tag --before',
      flag: '--yes -y',
    },
    refuse: {
      [exec]: '--script-shell --node-options --shell --editor --git --viewer --browser',
      [source]: '--registry --proxy --https-proxy',
      [system]: '-g --global --location',
    },
    subcommands: {
      'run run-script rum urn': { operands: ['script-name', 'any'] },
      'test t start stop restart tst': { operands: ['any'] },
      'install i add ci update up upgrade uninstall remove rm un dedupe link ln install-test it isntall in ins clean-install install-clean':
        { operands: ['package'] },
      'ls list ll la outdated view info show v why explain audit fund pack prune rebuild doctor ping version search find docs bin root prefix query diff shrinkwrap help whoami sbom completion':
        { operands: ['any'] },
      'exec x': {
        operands: ['command'],
        options: { package: '-p --package' },
        refuse: { [exec]: '-c --call' },
        needsOperand: 'shell.exec.wrapper-usage',
        optionsFirst: true,
      },
      'init create': { operands: ['package', 'any'] },
      'config c get': {
        operands: ['text'],
        refuseOperands: { [config]: 'set edit delete', [secret]: 'list ls' },
      },
      'set edit explore': exec,
      'token login adduser logout profile hook org team owner access': secret,
      'publish unpublish deprecate dist-tag star': remote,
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'npx bunx pnpx uvx',
    options: {
      package: '-p --package --from --with --with-editable',
      flag: '--no-install --yes -y --no -q --quiet --prefer-offline --ignore-existing --bun',
      any: '-w --workspace',
      base: '--prefix -C --dir --cwd',
    },
    refuse: {
      [exec]: '-c --call --shell --node-arg -n --node-options',
      [source]: '--registry -i --index-url --extra-index-url --index --default-index -f --find-links',
    },
    operands: ['command'],
    optionsFirst: true,
    needsOperand: 'shell.exec.wrapper-usage',
  },
  scriptRunner('yarn yarnpkg', { directory: '--cwd', base: '--prefix -C --dir' }),
  scriptRunner('pnpm', { directory: '-C --dir', base: '--prefix --cwd' }, { 'setup self-update': system }),
  // There `upgrade` is for the program itself.
  scriptRunner('bun', { directory: '--cwd', base: '--prefix -C --dir' }, { upgrade: system }),
  {
    names: 'deno',
    options: { info: '--version -V --help -h' },
    subcommands: {
      'eval repl jupyter': runner,
      'upgrade deploy publish serve': system,
      'install uninstall compile': {
        operands: ['package'],
        refuse: { [system]: '-g --global' },
      },
      'run test bench check fmt lint task cache doc info coverage types init add remove outdated': {
        operands: ['package'],
        options: { any: '--config -c --import-map --lock --env-file', pattern: '--filter' },
        refuse: { [exec]: '--preload --cert --v8-flags --eval' },
      },
    },
    otherSubcommand: { operands: ['package'] },
  },
  {
    names: 'corepack nvm n fnm volta asdf mise rtx',
    operands: ['text'],
    refuseOperands: { [system]: 'enable disable install use global prepare', [exec]: 'exec x run env shell' },
  },
  {
    names: 'pip',
    options: {
      package: '-r --requirement -c --constraint -e --editable',
      any: '-t --target --prefix --root --src -d --dest -w --wheel-dir --cache-dir --log --report',
      text: '--python-version --platform --only-binary --no-binary --timeout --retries --progress-bar --format',
    },
    refuse: {
      [source]:
        '-i --index-url --extra-index-url -f --find-links --trusted-host --proxy --cert --client-cert',
      [system]: '--break-system-packages --user',
      [exec]: '--global-option --install-option --config-settings --build-option --python --isolated-python',
    },
    operands: ['text', 'package'],
    refuseOperands: { [config]: 'config', [system]: 'cache' },
  },
  {
    names: 'uv poetry pipenv pdm hatch rye tox nox conda mamba micromamba',
    options: {
      directory: '--directory',
      base: '--project -C',
      any: '--config-file -f --file -c',
      text: '-e --env -n --name -p --python --group --extra',
      package: '--with --with-editable --from --spec',
    },
    refuse: {
      [source]: '--index-url --extra-index-url --index --default-index --find-links --source',
      [exec]: '--call --installpkg-script --override',
    },
    subcommands: {
      'run exec': {
        operands: ['command'],
        optionsFirst: true,
        options: {
          text: '-e --env -n --name -p --python --group --extra',
          package: '--with --with-editable --from --spec',
          any: '--env-file',
          directory: '--directory',
          base: '--project',
          module: '-m --module',
          script: '-s --script --gui-script',
        },
        refuse: { [exec]: '-c --call --source --python-preference' },
      },
      pip: {
        operands: ['text', 'package'],
        refuse: { [system]: '--system --target --prefix --break-system-packages' },
      },
      'install add remove sync lock update upgrade uninstall build check show export list tree init new venv version create test env lint fmt':
        { operands: ['package'], refuse: { 'shell.destructive.remove': '--clear' } },
      'config self publish login shell activate auth token source repository': config,
      // `uv tool run` is uvx.
      tool: {
        operands: ['text', 'command'],
        options: { info: '--help -h', package: '--from' },
        refuseOperands: { [system]: 'install upgrade uninstall update-shell' },
      },
    },
    otherSubcommand: { operands: ['any'] },
  },
  { names: 'venv virtualenv', operands: ['write'], refuse: { 'shell.destructive.remove': '--clear' } },
  {
    names: 'pytest py.test',
    options: {
      plugin: '-p',
      pattern: '-k -m --deselect',
      text: '-n --maxfail --tb --durations -W --log-level --color --cov-fail-under -r -o',
      any: '-c --config-file --rootdir --confcutdir --ignore --ignore-glob --cov --cov-report --cov-config --junitxml --junit-xml --log-file',
    },
    refuse: { [exec]: '--pdb --pdbcls --trace', 'shell.destructive.remove': '--basetemp' },
  },
  {
    names: 'jest vitest mocha ava jasmine cypress playwright karma',
    options: {
      pattern: '-t --testNamePattern --grep -g --fgrep --filter --testPathPattern --spec',
      emptied: '--coverage.reportsDirectory',
      any: '-c --config --rootDir --root --dir --outputFile --coverageDirectory',
      text: '-w --maxWorkers --reporter --project --browser',
      preload: '-r --require --import --loader',
    },
    refuse: {
      [exec]: '--globalSetup --setupFiles --execArgv --node-option -n --node-arguments',
    },
  },
  {
    names:
      'tsc eslint prettier stylelint biome oxlint tslint standard xo rollup esbuild parcel next nuxt turbo gulp grunt swc babel rspack vue-cli-service react-scripts knip depcheck publint attw markdownlint commitlint lint-staged husky nodemon npm-run-all npm-run-all2 run-s run-p wait-on serve http-server live-server',
    operands: ['any'],
    options: { pattern: '--ext --rule --ignore-pattern --global --env' },
    refuse: { [exec]: '--exec -x --require --resolve-plugins-relative-to --rulesdir --eval' },
  },
  {
    names: 'nx lerna',
    options: {
      pattern: '--exclude --ignore',
      text: '--scope -p --projects --parallel --concurrency -t --target',
    },
    refuse: { [exec]: '--require' },
    subcommands: {
      exec: { operands: ['command'] },
      publish: remote,
      release: { operands: ['any'], refuseOperands: { [remote]: 'publish' } },
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'pre-commit',
    operands: ['any'],
    options: { any: '-c --config', text: '--hook-stage' },
    refuseOperands: { [source]: 'try-repo autoupdate' },
  },
  {
    names: 'coverage',
    operands: ['any'],
    options: { module: '-m', any: '--rcfile --source -o -d --data-file', pattern: '--include --omit' },
  },
  {
    names: 'sequelize sequelize-cli typeorm knex prisma drizzle-kit mikro-orm liquibase flyway dbmate goose',
    operands: ['any'],
    refuse: { [remote]: '--force-reset --accept-data-loss' },
    refuseOperands: {
      [remote]:
        'db:drop db:migrate:undo:all schema:drop migrate:rollback reset drop drop-all dropAll clean migration:fresh schema:fresh schema:drop',
      'shell.program.interactive': 'studio',
      // An agent goes by the same name as the migrations of goose.
      [runner]: 'session run',
    },
  },
  { names: 'changeset', operands: ['any'], refuseOperands: { [remote]: 'publish tag' } },
  { names: 'np release-it semantic-release standard-version', refused: remote },
  {
    names: 'kustomize',
    operands: ['any'],
    refuse: { [exec]: '--enable-exec --enable-alpha-plugins --exec' },
  },
  { names: 'sops', operands: ['any'], refuseOperands: { [exec]: 'exec-env exec-file edit' } },
  {
    names: 'celery',
    operands: ['any'],
    options: { text: '-A --app' },
    refuseOperands: { [runner]: 'shell', [remote]: 'purge shutdown queue.purge queue.delete' },
  },
  {
    names:
      'flake8 black ruff isort mypy pylint pyright bandit pydocstyle pycodestyle autopep8 yapf nbqa sphinx-build streamlit vulture djlint sqlfluff alembic',
    operands: ['any'],
    options: {
      pattern: '--select --ignore --extend-ignore --disable --enable --extend-exclude',
      any: '-c --config --rcfile',
    },
    refuse: { [exec]: '--load-plugins --init-hook --init-import --plugin --python-executable' },
  },
  {
    names: 'jupyter jupyter-lab jupyter-notebook',
    subcommands: {
      'console qtconsole run': 'shell.program.interactive',
      'notebook lab server': 'shell.program.network',
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'flask django-admin',
    operands: ['any'],
    options: { script: '--template' },
    refuseOperands: { 'shell.program.interactive': 'shell dbshell' },
  },
  {
    names: 'concurrently conc',
    options: {
      text: '-n --names -c --prefix-colors -m --max-processes -p --prefix --restart-tries --kill-signal',
      flag: '-k --kill-others -r --raw -s --success -g --group',
    },
    refuse: { [exec]: '--teardown' },
    operands: ['command-line'],
  },
  {
    names: 'pm2 forever',
    operands: ['any'],
    refuseOperands: {
      'shell.program.schedule':
        'start restart reload startup save resurrect deploy startOrRestart startOrReload',
      'shell.program.process-control': 'kill sendSignal delete stop',
      'shell.env.dump': 'env prettylist jlist',
    },
  },
  { names: 'supervisorctl supervisord circusd', refused: 'shell.program.schedule' },
  {
    names: 'ocamlfind ocamlopt ocamlc',
    operands: ['any'],
    style: 'single-dash',
    refuse: { [exec]: '-pp -ppx -cc -plugin -syntax' },
  },
  {
    names: 'ghc',
    operands: ['any'],
    style: 'single-dash',
    options: { code: '-e' },
    refuse: { [exec]: '-F -pgmF -pgml -pgmc -pgma -fplugin --interactive' },
  },
  { names: 'wasm-pack', operands: ['any'], refuseOperands: { [remote]: 'publish', [secret]: 'login' } },
  {
    names: 'gopls',
    operands: ['any'],
    style: 'single-dash',
    refuse: { 'shell.program.network': '-listen -port -debug' },
  },
  {
    names: 'make gmake bmake remake',
    options: {
      script: '-f --file --makefile',
      'directory-step': '-C --directory',
      any: '-I --include-dir -o --old-file -W --what-if',
      text: '-j --jobs -l --load-average',
    },
    refuse: { [exec]: '--eval -E', 'shell.env.dump': '-p --print-data-base' },
    operands: ['name-value'],
  },
  {
    names: 'just rake invoke mage',
    operands: ['any'],
    refuse: {
      [exec]:
        '-c --command --eval -e --execute --execute-print --execute-continue -E -p --shell --shell-arg -r --require -R --edit --choose --chooser',
      'shell.env.dump': '--evaluate --dump',
    },
    refuseOperands: { [remote]: destructiveDatabaseTasks },
  },
  {
    names: 'cmake',
    operands: ['any'],
    options: {
      base: '-S -B --build',
      any: '-D -U -C --install --prefix --test-dir --preset',
      text: '-G -j --parallel --config --target -t',
    },
    refuse: { [exec]: '-P --script -E --open' },
    refuseOperands: {},
    style: 'gnu',
  },
  {
    names: 'bazel bazelisk buck2',
    // Labels (`//pkg:target`) are no paths.
    operands: ['text'],
    options: { any: '--output_base --output_user_root', text: '-c --config' },
    refuseOperands: { 'shell.env.dump': 'client-env' },
    refuse: {
      [exec]:
        '--run_under --bazelrc --host_jvm_args --override_repository --workspace_status_command --shell_executable',
    },
  },
  {
    names: 'ctest cpack ninja meson scons waf samu',
    operands: ['any'],
    options: { base: '-C --test-dir', any: '-f', text: '-j -k' },
    refuse: { [exec]: '-S -D --script --build-and-test --test-command --overwrite --internal' },
    refuseOperands: { [exec]: 'devenv' },
  },
  {
    names:
      'gcc g++ cc c++ clang clang++ gfortran cpp c99 c89 tcc ld ld.gold ld.lld as gas nasm yasm nvcc emcc',
    style: 'single-dash',
    takesCommands: true,
    operands: ['any'],
    options: {
      any: '-o -I -L -include -isystem -iquote -MF -MT -MQ -x -T',
      text: '-D -U -std -Wl -target -arch',
    },
    refuse: {
      [exec]:
        '-wrapper -fplugin -specs --specs -B -Xclang -Xlinker -Xassembler -Xpreprocessor -fuse-ld -fplugin-arg -load -plugin -ccbin -dynamic-linker -fmodule-mapper',
    },
  },
  {
    names: 'go',
    operands: ['text', 'package'],
    style: 'single-dash',
    options: {
      text: '-run -bench -tags -count -timeout -p -ldflags -gcflags -cover -covermode -coverpkg',
      directory: '-C',
      any: '-o -coverprofile -modfile -overlay -pkgdir -cpuprofile -memprofile -outputdir',
    },
    refuse: { [exec]: '-exec -toolexec -vettool -fixtool', 'shell.program.network': '-http' },
    refuseOperands: { 'shell.exec.option': 'bug' },
  },
  { names: 'gofmt goimports golangci-lint staticcheck', operands: ['any'] },
  {
    names: 'cargo',
    options: {
      directory: '-C',
      any: '--manifest-path --target-dir --lockfile-path',
      text: '-p --package --features --target --profile -j --jobs --color --bin --test --example',
      info: '--version -V --list',
      // Toolchains of rustup.
      flag: '+nightly +stable +beta',
    },
    refuse: { [config]: '--config', [exec]: '-Z' },
    subcommands: {
      install: {
        operands: ['package'],
        options: { any: '--path --root' },
        refuse: { [source]: '--git --registry --index' },
      },
      'build b check c test t run r bench clippy fmt doc d update tree metadata fetch vendor clean new init add remove rm fix nextest expand audit outdated search info package version locate-project verify-project pkgid generate-lockfile rustc rustdoc deny machete udeps':
        { operands: ['any'], refuse: { [source]: '--git --registry --index' } },
      watch: {
        operands: ['command'],
        optionsFirst: true,
        options: { text: '-x --exec -d --delay -w --watch -i --ignore', 'command-line': '-s --shell' },
      },
      'login logout owner yank': secret,
      publish: remote,
    },
    otherSubcommand: 'shell.program.unknown-subcommand',
  },
  {
    names: 'rustc rustfmt rustdoc rustup',
    operands: ['any'],
    options: {
      any: '-o --out-dir -L --sysroot',
      text: '-C --edition --crate-type --crate-name --emit --cfg --target',
    },
    refuse: { [exec]: '-Clinker -Zunstable --runtool' },
    refuseOperands: { [exec]: 'run', [system]: 'default install update self override toolchain' },
  },
  {
    names: 'javac',
    style: 'single-dash',
    operands: ['any'],
    refuse: { [exec]: '-processor -processorpath -J --processor-path --processor-module-path -Xplugin' },
  },
  { names: 'jar javap javadoc', operands: ['any'], refuse: { [exec]: '-J -doclet -docletpath' } },
  {
    names: 'gradle gradlew mvn mvnw mvnd mvnDebug mvnyjp sbt ant',
    operands: ['any'],
    options: { any: '-D -P -T -pl -am -p --project-dir -b --build-file -f --file -g -s --settings -gs -l' },
    refuse: {
      [exec]: '-I --init-script -lib -listener -logger -inputhandler --include-build -javaagent',
      [source]: '--gradle-distribution-url',
    },
    refuseOperands: { [exec]: 'eval console consoleQuick' },
  },
  {
    names: 'dotnet msbuild',
    operands: ['any'],
    options: { pattern: '--filter', any: '-o --output -c --configuration --project -p' },
    refuse: {
      [source]: '-s --source --add-source --nuget-source',
      [exec]: '-logger -distributedlogger --additionalprobingpath --additional-deps',
      [system]: '-g --global --tool-path',
    },
    refuseOperands: {
      [exec]: 'exec fsi script csi user-secrets',
      [remote]: 'push delete drop',
      [config]: 'source',
    },
  },
  {
    names: 'bundle bundler gem rails rspec rubocop',
    operands: ['any'],
    options: { script: '-m --template' },
    refuse: {
      [exec]: '-r --require --init -e --eval --editor -C',
      [source]: '--source -s --clear-sources --git --github',
      [system]: '--user-install --install-dir -i',
    },
    refuseOperands: {
      [config]: 'config',
      [exec]: 'console open viz runner c r dbconsole open:',
      [secret]:
        'push signin owner credentials:show credentials:edit secrets:show secrets:edit encrypted:show',
      [remote]: destructiveDatabaseTasks,
    },
    subcommands: { exec: { operands: ['command'], optionsFirst: true } },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'composer artisan phpunit phpstan phpcs',
    operands: ['any'],
    options: { base: '-d --working-dir', any: '-c', pattern: '--filter' },
    refuse: {
      [exec]: '--bootstrap --prepend --autoload-file --include-path',
      [source]: '--repository --repository-url',
    },
    refuseOperands: {
      [exec]: 'exec run-script-text global tinker config',
      [secret]: 'show-auth',
      [system]: 'self-update selfupdate self:update',
    },
  },
  {
    names: 'xcodebuild',
    operands: ['any'],
    refuse: { [exec]: '-e -plugin-path -load-plugin-library -Xfrontend -Xllvm -Xcc' },
    refuseOperands: { [exec]: 'repl' },
  },
  {
    names: 'mix rebar3 stack cabal dune opam lein zig nim crystal v',
    operands: ['any'],
    refuse: { [exec]: '-e --eval -x --exec --require -r --ghc-options --with-ghc --with-compiler' },
    refuseOperands: {
      [exec]: 'exec eval repl shell console ghci utop run-script e cmd',
      [remote]: 'ecto.drop ecto.reset hex.publish',
    },
  },
  {
    names:
      'shellcheck hadolint shfmt yamllint jsonlint tflint actionlint clang-format clang-tidy cppcheck cloc tokei scc',
    operands: ['any'],
    refuse: { [exec]: '-load --load --external-sources' },
  },
  {
    names: 'inkscape gimp gimp-console',
    operands: ['any'],
    options: { code: '-b --batch --actions', any: '-o --export-filename', text: '--export-type -w -h -d' },
    refuse: { [exec]: '--shell --batch-interpreter --extension-directory -x' },
  },
  { names: 'groff troff nroff pic', operands: ['read'], refuse: { [exec]: '-U -P -x -L -T' } },
  ...packageManagers,
  { names: 'code-insiders', refused: interactive },
];
