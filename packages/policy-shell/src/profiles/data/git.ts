import type { Grammar, ToolProfile } from '../tool-profile.js';

const exec = 'shell.exec.option' as const;
const discard = 'shell.destructive.git' as const;
const config = 'shell.exec.config' as const;

const diff = {
  pattern:
    '--format --pretty -S -G --author --committer --grep --since --until --after --before --date --decorate-refs --diff-filter --word-diff-regex --src-prefix --dst-prefix --ws-error-highlight -L',
  text: '-n --max-count --skip -U --unified --diff-algorithm --abbrev --stat --color --find-renames',
  write: '--output',
  read: '-O',
};
const diffRefuse = { [exec]: '--ext-diff --textconv', 'shell.workspace.outside': '--no-index' } as const;
const message = {
  pattern:
    '-m --message --author --date --trailer --cleanup -c -C --reuse-message --reedit-message --fixup --squash',
  read: '-F --file -t --template --pathspec-from-file',
};
const remote = {
  options: { text: '--depth --jobs -j --filter --refmap', pattern: '--shallow-since' },
  refuse: { [exec]: '--upload-pack --receive-pack --exec' },
  operands: ['git-remote'],
} satisfies Grammar;

/** git by sub-command: what runs helpers, opens editors or discards work is refused or asked about. */
export const git: ToolProfile = {
  names: 'git',
  globalsAnywhere: false,
  options: {
    info: '--version --help -h --html-path --man-path --info-path',
    flag: '--no-pager -P --bare --no-replace-objects --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs --no-optional-locks -p --paginate --no-lazy-fetch --no-advice',
    'directory-step': '-C',
    base: '--work-tree',
    repository: '--git-dir',
    any: '--super-prefix --namespace --attr-source',
    'git-config': '-c',
  },
  refuse: { [exec]: '--exec-path --config-env' },
  unknownOption: 'shell.option.unknown',
  subcommands: {
    'diff diff-tree diff-index diff-files range-diff': { options: diff, refuse: diffRefuse },
    'log shortlog show whatchanged reflog rev-list format-patch': {
      options: { ...diff, write: '--output -o --output-directory' },
      refuse: diffRefuse,
    },
    'status ls-files ls-tree rev-parse rev-name describe name-rev show-ref symbolic-ref merge-base count-objects fsck check-ignore check-attr cherry verify-commit verify-tag show-branch for-each-ref cat-file var-list check-ref-format diff-stat merge-tree column stripspace interpret-trailers patch-id get-tar-commit-id blame annotate grep-files':
      {
        options: {
          pattern: '--format --sort --match --exclude --contains --points-at -x --exclude-pattern',
          read: '-X --exclude-from --contents --ignore-revs-file -S',
        },
        refuse: { [exec]: '--textconv --filters' },
      },
    grep: {
      options: { pattern: '-e --and --or', text: '-A -B -C -m --max-depth --threads', read: '-f' },
      refuse: {
        [exec]: '-O --open-files-in-pager --textconv --ext-grep',
        'shell.workspace.outside': '--no-index',
      },
      operands: ['text', 'any'],
    },
    'add stage restore rm mv sparse-checkout': {
      options: { read: '--pathspec-from-file', text: '-s --source --chmod' },
      refuse: { 'shell.program.interactive': '-e --edit' },
    },
    commit: {
      options: { ...message, text: '-u --untracked-files -S --gpg-sign' },
      refuse: { 'shell.program.interactive': '-e --edit' },
    },
    'merge cherry-pick revert pull': {
      options: { ...message, text: '-s --strategy -X --strategy-option --mainline --depth' },
      refuse: { [exec]: '--upload-pack', 'shell.program.interactive': '-e --edit' },
      operands: ['git-remote'],
    },
    'checkout switch': {
      options: { pattern: '-b -c --orphan --conflict', read: '--pathspec-from-file' },
      refuse: { [discard]: '-f --force --discard-changes -B -C --force-create' },
    },
    branch: {
      options: {
        text: '-u --set-upstream-to --sort',
        pattern: '--contains --no-contains --merged --format --list',
      },
      refuse: { [discard]: '-D -M -C -f --force', 'shell.program.interactive': '--edit-description' },
    },
    tag: {
      options: {
        ...message,
        text: '-u --local-user --sort -n',
        pattern: '-m --message --format --contains -l --list',
      },
      refuse: { [discard]: '-f --force' },
    },
    reset: { options: { read: '--pathspec-from-file' }, refuse: { [discard]: '--hard --merge' } },
    clean: {
      options: { flag: '-n --dry-run -d -q', pattern: '-e --exclude' },
      refuse: { [discard]: '-f --force -x -X -i --interactive' },
    },
    stash: { options: { pattern: '-m --message' }, refuseOperands: { [discard]: 'clear drop' } },
    rebase: {
      options: { text: '--onto -s --strategy -X', flag: '--continue --abort --skip' },
      refuse: { [exec]: '-x --exec', 'shell.program.interactive': '-i --interactive --edit-todo' },
    },
    bisect: { refuseOperands: { [exec]: 'run visualize view' } },
    fetch: remote,
    'ls-remote': remote,
    push: {
      ...remote,
      options: { pattern: '-o --push-option' },
      refuse: {
        ...remote.refuse,
        [discard]: '-f --force --force-with-lease --mirror --delete -d --prune --force-if-includes',
      },
    },
    clone: {
      options: {
        text: '-b --branch --depth -j --jobs -o --origin --filter --shallow-exclude',
        pattern: '--shallow-since',
        read: '--reference --reference-if-able --separate-git-dir --bundle-uri',
      },
      refuse: { [exec]: '-u --upload-pack --template', [config]: '-c --config' },
      operands: ['git-remote', 'write'],
    },
    remote: { operands: ['text', 'text', 'git-remote'], options: { text: '-t -m' } },
    submodule: {
      options: { text: '--depth -b --branch --name', read: '--reference' },
      refuseOperands: { [exec]: 'foreach' },
      operands: ['git-remote'],
    },
    init: {
      options: { text: '-b --initial-branch --object-format --shared' },
      refuse: { [exec]: '--template', 'shell.workspace.protected': '--separate-git-dir' },
    },
    config: {
      operands: ['text'],
      refuseOperands: { 'shell.program.interactive': 'edit' },
      options: {
        flag: '-l --list --get --get-all --get-regexp --show-origin --show-scope --name-only --local --unset --bool --int --type -z',
        text: '--default',
        read: '--blob',
      },
      refuse: {
        'shell.program.interactive': '-e --edit',
        [config]:
          '--global --system --worktree -f --file --add --replace-all --rename-section --remove-section',
      },
    },
    apply: {
      options: {
        write: '--directory',
        pattern: '--exclude --include',
        text: '-p -C --whitespace --build-fake-ancestor',
      },
      refuse: { 'shell.workspace.outside': '--unsafe-paths' },
    },
    am: {
      options: {
        write: '--directory',
        pattern: '--exclude --include',
        text: '-p -C --whitespace --patch-format',
      },
      refuse: { 'shell.program.interactive': '-i --interactive' },
    },
    archive: {
      options: { text: '--format --prefix', write: '-o --output', read: '--add-file' },
      refuse: { [exec]: '--exec --remote' },
    },
    bundle: { operands: ['text', 'write', 'text'] },
    worktree: {
      operands: ['text', 'write'],
      options: { pattern: '-b -B --reason' },
      refuse: { [discard]: '-f --force' },
    },
    notes: { options: message },
    'gc repack prune pack-refs hash-object update-ref update-index read-tree write-tree commit-tree mktree mktag':
      { operands: ['any'] },
    help: { refuse: { 'shell.program.interactive': '-w --web -i --info -m --man' }, operands: ['text'] },
    lfs: { operands: ['any'] },
    'instaweb gui gitk citool send-email difftool mergetool request-pull': 'shell.program.interactive',
    'filter-branch filter-repo for-each-repo hook daemon http-backend upload-archive upload-pack receive-pack shell svn p4 cvsimport cvsserver archimport quiltimport fast-import fast-export remote-ext remote-fd remote-http maintenance scalar rebase--interactive bugreport diagnose':
      exec,
    'credential credential-store credential-cache credential-manager': 'shell.secret.read',
    var: 'shell.env.dump',
  },
  otherSubcommand: 'shell.program.unknown-subcommand',
};
