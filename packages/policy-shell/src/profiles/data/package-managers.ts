import type { ToolProfile } from '../tool-profile.js';

const manager = 'shell.program.package-manager' as const;
const exec = 'shell.exec.option' as const;
const config = 'shell.exec.config' as const;

/** Package managers of the system: they tell what is installed; to install takes the option `elevation`. */
export const packageManagers: readonly ToolProfile[] = [
  {
    names: 'apt apt-get apt-cache',
    operands: ['text'],
    refuse: { [config]: '-o --option -c --config-file' },
    refuseOperands: {
      [manager]:
        'install remove purge update upgrade dist-upgrade full-upgrade autoremove autopurge source build-dep download edit-sources clean autoclean distclean satisfy reinstall dselect-upgrade changelog',
    },
    elevated: {
      options: {
        flag: '-y --yes --assume-yes -q --quiet -s --simulate --just-print --dry-run --no-act -d --download-only',
        info: '-h --help -v --version',
      },
      refuse: { [config]: '-o --option -c --config-file' },
      subcommands: {
        'install reinstall': {
          operands: ['package'],
          options: {
            flag: '-f --fix-broken -m --fix-missing -u -V --verbose-versions --no-install-recommends --no-install-suggests --install-recommends --install-suggests --only-upgrade --no-upgrade --reinstall --allow-downgrades --allow-change-held-packages --show-progress --no-remove',
            text: '-t --target-release --default-release -a --host-architecture',
          },
          refuse: {
            [manager]:
              '--purge --auto-remove --autoremove --allow-remove-essential --allow-unauthenticated --force-yes --trivial-only --mark-auto',
          },
          unknownOption: manager,
        },
        update: { operands: ['text'], unknownOption: manager },
        'list search show showpkg showsrc policy madison depends rdepends pkgnames stats dump dumpavail unmet check moo help':
          { operands: ['text'] },
      },
      otherSubcommand: manager,
    },
  },
  {
    names: 'dpkg dpkg-query',
    operands: ['any'],
    options: { text: '-f --showformat', read: '--root --instdir --admindir -I --info -c --contents' },
    refuse: {
      [manager]:
        '-i --install -r --remove -P --purge --unpack --configure --triggers-only -A --record-avail --update-avail --merge-avail --clear-avail --forget-old-unavail --set-selections --clear-selections --add-architecture --remove-architecture -R --recursive --force-all',
      [exec]: '--pre-invoke --post-invoke --status-logger -b --build',
    },
    elevated: {
      operands: ['read'],
      options: {
        text: '-f --showformat',
        read: '--root --instdir --admindir -I --info -c --contents',
        flag: '-i --install -a --pending --configure --no-triggers -E --skip-same-version -G --refuse-downgrade --no-act --dry-run --simulate -l -L -s -S -p --list --listfiles --status --search --print-avail --get-selections --print-architecture --audit -C --verify -V',
        info: '--help --version',
      },
      refuse: {
        [manager]: '-r --remove -P --purge --force-all --clear-selections --set-selections',
        [exec]: '--pre-invoke --post-invoke --status-logger -b --build',
      },
      unknownOption: manager,
    },
  },
  {
    names: 'rpm rpmquery',
    operands: ['any'],
    options: {
      text: '-f --file --qf --queryformat',
      read: '-p --package',
      // In a query these letters mean something else.
      flag: '-qi -qil -ql -qR -qai -qpi -qpl -qip -qlp',
    },
    refuse: {
      [manager]:
        '-i --install -U --upgrade -F --freshen --reinstall -e --erase --import --initdb --rebuilddb --setperms --setugids --restore',
      [exec]:
        '-E --eval -D --define --undefine --load --rcfile --macros --pipe --predefine -r --root --dbpath --nodeps',
    },
    elevated: {
      operands: ['package'],
      options: {
        text: '--qf --queryformat',
        flag: '-i --install -U --upgrade -F --freshen -v --verbose -h --hash -q --query -a --all -l --list -p --package --test --percent --checksig -K -V --verify',
        info: '--help --version',
      },
      refuse: {
        [manager]:
          '-e --erase --nodeps --force --nosignature --nodigest --import --rebuilddb --setperms --setugids',
        [exec]:
          '-E --eval -D --define --undefine --load --rcfile --macros --pipe --predefine -r --root --dbpath',
      },
      unknownOption: manager,
    },
  },
];
