import type { ToolProfile } from '../tool-profile.js';

const exec = 'shell.exec.option' as const;
const editor = 'shell.program.interactive' as const;

/** Version control systems beside git: their configuration options and remote addresses can start programs. */
export const versionControl: readonly ToolProfile[] = [
  {
    names: 'hg chg rhg',
    options: {
      directory: '--cwd',
      any: '-R --repository',
      text: '-r --rev -b --branch -k',
      pattern: '-m --message -u --user -d --date -I -X',
    },
    refuse: {
      [exec]: '--config --debugger --remotecmd -e --ssh --tool -t',
      [editor]: '--edit -i --interactive',
      'shell.destructive.git': '-C --clean',
    },
    subcommands: {
      'serve zeroconf': 'shell.program.network',
      'extdiff histedit bisect debugshell transplant': exec,
      'strip purge': 'shell.destructive.git',
      'status st add addremove annotate blame archive backout branch branches bookmarks book bundle cat clone commit ci copy cp diff export files forget graft grep heads help identify id import in incoming init locate log history manifest merge move mv rename outgoing out parents paths phase pull push recover remove rm resolve revert rollback root summary sum tag tags tip unbundle update up checkout co verify version rebase shelve unshelve amend absorb':
        { operands: ['git-remote'], refuse: { 'shell.destructive.git': '--no-backup' } },
    },
    abbreviates: true,
    otherSubcommand: { operands: ['git-remote'] },
  },
  {
    names: 'svn',
    options: {
      text: '-r --revision -c --change --depth',
      pattern: '-m --message --username',
      read: '-F --file',
    },
    refuse: {
      [exec]: '--config-option --config-dir --diff-cmd --diff3-cmd --editor-cmd --merge-tool',
      'shell.secret.read': '--password --show-passwords',
    },
    operands: ['text', 'git-remote'],
  },
  { names: 'svnadmin svnserve svnsync svndumpfilter', refused: 'shell.program.system' },
  {
    names: 'bzr brz',
    refuse: { [exec]: '-O --using --diff-options -x' },
    refuseOperands: { 'shell.program.network': 'serve', [exec]: 'shell' },
    operands: ['text', 'git-remote'],
  },
  {
    names: 'jj sl',
    options: { any: '-R --repository', pattern: '-m --message -T --template', text: '-r --revisions' },
    refuse: { [exec]: '--config --config-file --config-toml --tool', [editor]: '-i --interactive' },
    refuseOperands: { [exec]: 'config util', [editor]: 'diffedit resolve' },
    operands: ['text', 'git-remote'],
  },
  { names: 'cvs darcs fossil p4', refused: 'shell.program.network' },
];
