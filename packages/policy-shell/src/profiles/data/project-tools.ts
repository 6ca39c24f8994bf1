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
    text: '-F --filter --filter-prod',
    package: '--package',
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
    'install add remove upgrade update up import i ci rm un dedupe prune rebuild': {
      operands: ['package'],
    },
    'link ln': { operands: ['package'] },
    'exec dlx x node create': {
      operands: ['command'],
      optionsFirst: true,
      refuse: { [exec]: '-c --shell-mode' },
    },
    global: system,
    config: { operands: ['text'], refuseOperands: { [config]: 'set delete', [secret]: 'list' } },
    'login logout npm publish token adduser owner access team profile': secret,
    'unpublish deprecate tag dist-tag star unstar': remote,
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
      package: '--diff',
      text: '-w --workspace --loglevel --depth --omit --include --tag --before',
      flag: '--yes -y',
    },
    refuse: {
      [exec]: '--script-shell --node-options --shell --editor --git --viewer --browser',
      [source]: '--registry --proxy --https-proxy',
      [system]: '-g --global --location -L',
    },
    abbreviates: true,
    subcommands: {
      'run run-script rum urn': { operands: ['script-name', 'any'] },
      'test t start stop restart tst': { operands: ['any'] },
      'install i add ci ic cit update up upgrade udpate uninstall remove rm r un unlink dedupe ddp install-test it isntall in ins inst insta instal isnt isnta isntal clean-install install-clean install-ci-test clean-install-test':
        { operands: ['package'] },
      'link ln': { operands: ['package'] },
      // They fetch what they are asked about, and what comes from git is built.
      'view info show v pack': { operands: ['package', 'any'] },
      cache: { operands: ['text', 'package'] },
      'ls list ll la outdated why explain audit fund prune rebuild rb doctor ping version verison search find s se docs home bugs issues repo bin root prefix query diff shrinkwrap help hlep help-search whoami sbom completion get-package ll pkg licenses':
        { operands: ['any'] },
      'exec x': {
        operands: ['command'],
        options: { package: '-p --package' },
        refuse: { [exec]: '-c --call' },
        needsOperand: 'shell.exec.wrapper-usage',
        optionsFirst: true,
      },
      'init create': { operands: ['package', 'any'] },
      'config c': {
        operands: ['text'],
        refuseOperands: { [config]: 'set edit delete', [secret]: 'list ls' },
      },
      get: { operands: ['text'], needsOperand: secret },
      'set edit explore': exec,
      'token login adduser add-user logout profile hook org ogr team owner author access trust': secret,
      'publish unpublish deprecate undeprecate dist-tag dist-tags star unstar stars stage': remote,
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
  scriptRunner(
    'pnpm',
    { directory: '-C --dir', base: '--prefix --cwd' },
    {
      'setup self-update': system,
      c: { operands: ['text'], refuseOperands: { [config]: 'set delete', [secret]: 'list ls get' } },
      edit: exec,
    },
  ),
  // There `upgrade` is for the program itself.
  scriptRunner(
    'bun',
    { directory: '--cwd', base: '--prefix -C --dir' },
    { upgrade: system, c: { operands: ['command'], optionsFirst: true } },
  ),
  {
    names: 'deno',
    options: { info: '--version -V --help -h' },
    subcommands: {
      'eval repl jupyter': runner,
      'upgrade deploy publish serve': system,
      'install i uninstall compile': {
        operands: ['package'],
        refuse: { [system]: '-g --global' },
      },
      'run test bench check fmt lint task cache doc info coverage types init add remove outdated': {
        operands: ['package'],
        options: { any: '--config -c --lock --env-file', script: '--import-map', pattern: '--filter' },
        refuse: { [exec]: '--preload --import --require --cert --v8-flags --eval' },
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
      fill: '-t --target --prefix --root --src -d --dest -w --wheel-dir',
      any: '--cache-dir --log --report',
      text: '--python-version --platform --only-binary --no-binary --timeout --retries --progress-bar --format',
      flag: '--pre',
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
    names: 'uv poetry pipenv pdm rye',
    options: {
      directory: '--directory',
      base: '--project -C',
      any: '--config-file',
      text: '-p --python --group --extra -G -d',
      package: '--with --with-editable --from --spec',
      flag: '-n --no-cache --no-interaction -q --quiet -v --verbose',
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
          text: '-p --python --group --extra',
          package: '--with --with-editable --from --spec',
          any: '--env-file',
          directory: '--directory',
          base: '--project',
          module: '-m --module',
          script: '-s --script --gui-script',
          flag: '-n --no-cache --no-interaction -e',
        },
        refuse: { [exec]: '-c --call --source --python-preference' },
      },
      pip: {
        operands: ['text', 'package'],
        refuse: { [system]: '--system --target --prefix --break-system-packages' },
      },
      'install add remove sync lock update upgrade uninstall build check show export list tree init new venv version create test env lint fmt':
        {
          operands: ['package'],
          options: { package: '-e --editable' },
          refuse: { 'shell.destructive.remove': '--clear' },
        },
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
  {
    names: 'hatch tox nox conda mamba micromamba',
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
      flag: '--co --collect-only',
      any: '-c --config-file --rootdir --confcutdir --ignore --ignore-glob --cov --cov-report --cov-config --junitxml --junit-xml --log-file',
    },
    refuse: { [exec]: '--pdb --pdbcls --trace', 'shell.destructive.remove': '--basetemp' },
  },
  {
    names: 'jest vitest mocha ava jasmine cypress playwright karma',
    options: {
      pattern: '-t --testNamePattern --grep -g --fgrep --testPathPattern',
      emptied: '--coverage.reportsDirectory',
      any: '-c --config --rootDir --root --dir --outputFile --coverageDirectory',
      text: '-w --maxWorkers --reporter --project --browser',
      preload: '-r --require --import --loader',
    },
    refuse: {
      [exec]: '--globalSetup --setupFiles --execArgv --node-option -n --node-arguments --typecheck.checker',
    },
  },
  {
    names:
      'tsc eslint prettier stylelint biome oxlint tslint standard xo rollup esbuild parcel next nuxt turbo gulp grunt swc babel rspack vue-cli-service react-scripts knip depcheck publint attw markdownlint commitlint lint-staged husky nodemon npm-run-all npm-run-all2 run-s run-p wait-on serve http-server live-server',
    operands: ['any'],
    options: { pattern: '--ext --rule --ignore-pattern --global --env' },
    refuse: {
      [exec]: '--exec -x --require --resolve-plugins-relative-to --rulesdir --eval',
      [source]: '--api --token --team',
    },
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
      watch: { operands: ['command'], optionsFirst: true, options: { text: '--projects -p --all' } },
      publish: remote,
      release: {
        operands: ['any'],
        refuse: { [remote]: '--publish --yes -y' },
        refuseOperands: { [remote]: 'publish' },
      },
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
      'gcc g++ cc c++ clang clang++ gfortran cpp c99 c89 c99-gcc c89-gcc tcc icc icx icpx ld ld.gold gold ld.bfd ld.lld as gas nasm yasm nvcc emcc',
    style: 'single-dash',
    takesCommands: true,
    operands: ['any'],
    options: {
      any: '-o -I -L -include -isystem -iquote -MF -MT -MQ -x -T',
      text: '-D -U -std -Wl -target -arch',
    },
    refuse: {
      [exec]:
        '-wrapper -fplugin -specs --specs -B -Xclang -Xlinker -Xassembler -Xpreprocessor -fuse-ld -fplugin-arg -load -plugin --plugin -ccbin --compiler-bindir -dynamic-linker -fmodule-mapper --prefix --for-linker --for-assembler --ld-path -fpass-plugin --ptxas-path -ccc-gcc-name --gcc-toolchain --error-handling-script',
      'shell.workspace.list': '-ivfsoverlay --config -@ --options-file -optf',
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
  {
    names: 'jar',
    operands: ['any'],
    options: { 'fill-base': '-C', fill: '--dir' },
    refuse: { [exec]: '-J' },
  },
  { names: 'javap javadoc', operands: ['any'], refuse: { [exec]: '-J -doclet -docletpath' } },
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
    names: 'gem',
    operands: ['any'],
    abbreviates: true,
    refuse: {
      [exec]: '-r --require --init -e --eval --editor -C',
      [source]: '--source -s --clear-sources --git --github',
      [system]: '--user-install --install-dir -i',
    },
    refuseOperands: { [config]: 'config' },
    subcommands: {
      'build check cleanup clean contents dependency environment env fetch help info install i update uninstall list lock outdated pristine rdoc rebuild search server sources source specification spec stale unpack which':
        { operands: ['any'] },
      'exec open': exec,
      'push signin signout owner cert': secret,
      'yank mirror': remote,
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'bundle bundler',
    operands: ['any'],
    abbreviates: true,
    refuse: {
      [exec]: '-r --require --init --eval --editor -C',
      [source]: '--source -s --clear-sources --git --github',
      [system]: '--user-install --install-dir -i',
    },
    refuseOperands: { [config]: 'config' },
    subcommands: {
      'exec e ex exe': { operands: ['command'], optionsFirst: true },
      'add binstubs cache package pack check c clean doctor fund gem help info init inject install i issue licenses list ls lock outdated platform plugin pristine remove show update version':
        { operands: ['any'] },
      'console open viz': exec,
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'rails rspec rubocop',
    operands: ['any'],
    options: { script: '-m --template' },
    refuse: {
      [exec]: '-r --require --init -e --eval --editor -C',
      [source]: '--source -s --clear-sources --git --github',
      [system]: '--user-install --install-dir -i',
    },
    refuseOperands: {
      [config]: 'config',
      [exec]: 'console runner c r dbconsole',
      [secret]:
        'credentials:show credentials:edit credentials:fetch credentials:diff secrets:show secrets:edit encrypted:show encrypted:edit',
      [remote]: destructiveDatabaseTasks,
    },
    subcommands: { exec: { operands: ['command'], optionsFirst: true }, db: exec },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'composer',
    options: { base: '-d --working-dir' },
    refuse: { [source]: '--repository --repository-url' },
    abbreviates: true,
    subcommands: {
      'about archive audit browse bump check-platform-reqs clear-cache clearcache cc create-project depends why diagnose dump-autoload dumpautoload fund help home info init install i licenses list outdated prohibits why-not reinstall remove rm uninstall require r run-script run script search show status suggests test update u upgrade validate':
        { operands: ['any'] },
      'exec global g config repository repo': exec,
      'self-update selfupdate self:update': system,
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'artisan',
    operands: ['any'],
    abbreviates: true,
    subcommands: {
      'about cache:clear config:cache db:seed db:show db:table down env help inspire list migrate migrate:install migrate:rollback migrate:status optimize queue:work route:list serve storage:link test up':
        { operands: ['any'] },
      'tinker db': runner,
      'migrate:fresh migrate:refresh migrate:reset db:wipe': remote,
      'env:decrypt': secret,
    },
    otherSubcommand: { operands: ['any'] },
  },
  {
    names: 'phpunit phpstan',
    operands: ['any'],
    options: { any: '-c', pattern: '--filter' },
    refuse: { [exec]: '--bootstrap --prepend --autoload-file --include-path' },
  },
  {
    names: 'phpcs phpcbf',
    operands: ['any'],
    // A class that says which files count, from a file.
    options: { any: '--filter' },
    refuse: {
      [exec]: '--bootstrap --prepend --autoload-file --include-path',
      'shell.workspace.list': '--file-list',
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
      [exec]: 'exec v1-exec v2-exec new-exec eval repl shell console ghci utop run-script e cmd',
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
