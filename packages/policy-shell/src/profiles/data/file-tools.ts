import type { ToolProfile } from '../tool-profile.js';

const remove = 'shell.destructive.remove' as const;
const exec = 'shell.exec.option' as const;

/** Tools that list, copy, move, pack and remove files. */
export const fileTools: readonly ToolProfile[] = [
  { names: 'echo', operands: ['text'], optionsFirst: true },
  { names: 'printf', operands: ['text'], optionsFirst: true, refuse: { [exec]: '-v' } },
  {
    names:
      'true false pwd whoami id groups tty nproc arch uname uptime free logname users who w cal ncal date hostname',
    operands: ['text'],
    refuse: { 'shell.program.system': '--set -s -F --file -b' },
    options: { text: '-d --date', read: '-r --reference -f', flag: '-sr -s --si --seconds -b --bytes -h' },
  },
  { names: 'sleep usleep gsleep', operands: ['duration'] },
  { names: 'test [', operands: ['look'], style: 'single-dash', refuse: { 'shell.exec.option': '-v -R' } },
  { names: 'cd', operands: ['read'] },
  {
    names: 'ls dir vdir',
    operands: ['look'],
    options: {
      pattern: '-I --ignore --hide',
      follow: '-L --dereference',
      text: '-w --width -T --tabsize --color --format --sort --time --time-style --block-size --quoting-style --indicator-style',
    },
  },
  {
    names: 'tree',
    operands: ['read'],
    options: {
      follow: '-l',
      pattern: '-P -I',
      text: '-L --filelimit --charset --sort --timefmt',
      write: '-o',
    },
  },
  {
    names: 'exa eza lsd',
    operands: ['read'],
    options: { pattern: '-I --ignore-glob', text: '-L --level -s --sort -t --time --color --time-style' },
  },
  {
    names:
      'cat tac rev zcat bzcat xzcat zstdcat cmp file readlink realpath strings diffstat wc md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum look',
    operands: ['read'],
    options: { read: '-m --magic-file -f' },
    refuse: {
      [exec]: '--compile',
      'shell.workspace.list': '--files0-from --files-from --files --files0 --filelist',
    },
  },
  {
    names: 'stat',
    operands: ['look'],
    options: { pattern: '-c --format --printf', flag: '-t -L -f --terse --dereference --file-system' },
  },
  {
    names: 'head tail',
    operands: ['read'],
    options: { text: '-n --lines --pid -s --sleep-interval', size: '-c --bytes' },
    refuse: { 'shell.resource': '-f -F --follow --retry' },
  },
  {
    names: 'cut',
    operands: ['read'],
    options: { pattern: '-d --delimiter --output-delimiter', text: '-f --fields -c --characters -b --bytes' },
  },
  {
    names: 'paste join comm',
    operands: ['read'],
    options: { pattern: '-d --delimiters --output-delimiter -t' },
  },
  {
    names: 'column',
    operands: ['read'],
    options: {
      pattern: '-s --separator -o --output-separator',
      text: '-c --output-width -N --table-columns -R --table-right -H --table-hide -O --table-order -n --table-name -l --table-columns-limit',
      flag: '-t --table -x --fillrows -e --table-header-repeat -J --json',
    },
  },
  { names: 'tr', operands: ['text'] },
  {
    names: 'nl fold fmt pr expand unexpand od hexdump hd base64 base32',
    operands: ['read'],
    options: { text: '--encode --width --tabs', write: '--output' },
  },
  {
    names: 'uniq',
    operands: ['read', 'write'],
    options: { text: '-f --skip-fields -s --skip-chars -w --check-chars' },
  },
  {
    names: 'xxd',
    operands: ['read', 'write'],
    options: { text: '-c -g -l -n -o -s -R' },
  },
  {
    names: 'iconv',
    operands: ['read'],
    options: { text: '-f --from-code -t --to-code', write: '-o --output' },
  },
  {
    names: 'diff diff3 sdiff colordiff delta difft',
    comparesTrees: true,
    operands: ['read'],
    options: {
      follow: '-r --recursive',
      nofollow: '--no-dereference',
      flag: '-u -q -s -y -i -w -b -B -N -a -c -e -n -t -E -Z -d -p',
      pattern: '-x --exclude -I --ignore-matching-lines --label',
      read: '-X --exclude-from --from-file --to-file',
      text: '-U --unified -C --context -W --width --color',
      write: '-o --output',
    },
    refuse: { [exec]: '--diff-program --pager' },
  },
  {
    names: 'bat batcat',
    operands: ['read'],
    options: {
      text: '-l --language -r --line-range -H --highlight-line --style --theme --color --paging --wrap --tabs',
    },
    refuse: { [exec]: '--pager --generate-config-file' },
    refuseOperands: { [exec]: 'cache' },
  },
  // It lets the loader start the file, as running it would.
  { names: 'ldd', operands: ['read'] },
  { names: 'basename dirname', operands: ['text'], options: { text: '-s --suffix' } },
  {
    names: 'touch mkdir',
    operands: ['write'],
    options: { text: '-d --date -t', read: '-r --reference', mode: '-m --mode' },
  },
  {
    names: 'ln link',
    operands: ['text'],
    options: {
      write: '-t --target-directory',
      text: '-S --suffix',
      flag: '-s --symbolic -f --force -n --no-dereference -v --verbose -r --relative -T -b -i -L -P --interactive',
    },
    unknownOption: 'shell.option.unknown',
  },
  {
    names: 'cp mv install',
    operands: ['write'],
    options: {
      write: '-t --target-directory',
      text: '-S --suffix',
      mode: '-m --mode',
      follow: '-L -H --dereference',
    },
    refuse: { 'shell.program.privileged': '-o --owner -g --group', [exec]: '--strip-program' },
  },
  {
    names: 'rm rmdir',
    operands: ['write'],
    options: {
      flag: '-f --force -i -I --interactive -v --verbose -d --dir -p --parents --ignore-fail-on-non-empty --one-file-system --preserve-root',
      info: '--help --version',
    },
    refuse: { [remove]: '-r -R --recursive --no-preserve-root -P -s -q /s /q' },
    unknownOption: remove,
  },
  { names: 'rimraf del-cli trash trash-put', refused: remove },
  {
    names: 'chmod',
    operands: ['mode', 'write'],
    options: { read: '--reference', flag: '-v -c -f --verbose --changes --silent --quiet' },
    refuse: { 'shell.destructive.mode': '-R --recursive' },
  },
  {
    names: 'truncate',
    operands: ['write'],
    options: { size: '-s --size', read: '-r --reference', flag: '-c --no-create -o --io-blocks' },
  },
  // Perl's, which is the usual one on Debian, evaluates its expression; that of util-linux replaces text.
  {
    names: 'rename prename file-rename perl-rename rename.ul',
    operands: ['rename', 'write'],
    operandsWith: [{ options: '-e -E --expr --exprs', operands: ['write'] }],
    options: {
      rename: '-e -E --expr --exprs',
      flag: '-v --verbose -n --nono --no-act -f --force -o --no-overwrite -i --interactive -d --filename --nopath --path --fullpath -l --last -a --all -0 --null',
      info: '-h --help -m --man -V --version',
    },
    unknownOption: 'shell.option.unknown',
  },
  // The file names the place it is written to.
  { names: 'uudecode', refused: 'shell.fetch.names' },
  {
    names: 'genisoimage mkisofs xorrisofs',
    operands: ['any'],
    style: 'single-dash',
    refuse: { 'shell.workspace.list': '-path-list' },
  },
  { names: 'jot', operands: ['text'] },
  // Programs that unpack: the names come out of the archive.
  { names: 'dpkg-deb', operands: ['read', 'fill'], refuse: { [exec]: '-b --build' } },
  { names: 'unar', operands: ['read', 'text'], options: { fill: '-o -output-directory' } },
  {
    names: 'cabextract msiextract',
    operands: ['read'],
    options: { fill: '-d --directory -C', pattern: '-F --filter' },
  },
  {
    names: 'aunpack atool',
    operands: ['any'],
    options: { fill: '-X --extract-to' },
    refuse: { [exec]: '-o --option --config' },
  },
  { names: 'patool', operands: ['text', 'any'], options: { fill: '--outdir' } },
  { names: 'ouch', operands: ['text', 'any'], options: { fill: '-d --dir' } },
  { names: 'asar', operands: ['text', 'read', 'fill'] },
  { names: 'mt', operands: ['text'], refuse: { 'shell.program.system': '-f --file' } },
  {
    names: 'fallocate',
    operands: ['write'],
    options: { size: '-l --length -o --offset' },
    refuse: { 'shell.destructive.overwrite': '-p --punch-hole -z --zero-range -c --collapse-range' },
  },
  {
    names: 'mktemp',
    operands: ['write'],
    options: { write: '-p --tmpdir', text: '--suffix', flag: '-d -q -u --directory --quiet' },
  },
  {
    names: 'tee',
    operands: ['write'],
    options: { flag: '-a -i -p --append --ignore-interrupts', text: '--output-error' },
  },
  {
    names: 'csplit',
    operands: ['read', 'pattern'],
    options: { text: '-n --digits -b --suffix-format', write: '-f --prefix', flag: '-k -s -z' },
  },
  {
    names: 'split',
    operands: ['read', 'any'],
    options: {
      text: '-a --suffix-length -l --lines -n --number -t --separator --additional-suffix -b --bytes -C -d --numeric-suffixes --digits --suffix-format',
      write: '-f --prefix',
    },
    refuse: { [exec]: '--filter' },
  },
  {
    names: 'du df',
    operands: ['look'],
    options: {
      pattern: '--exclude',
      follow: '-L --dereference',
      text: '-d --max-depth -t --threshold -B --block-size --type',
      read: '-X --exclude-from',
    },
    refuse: { 'shell.workspace.list': '--files0-from' },
  },
  { names: 'dos2unix unix2dos', operands: ['write'] },
  { names: 'sync', operands: ['read'] },
  {
    names: 'find gfind bfs',
    style: 'single-dash',
    operands: ['read'],
    options: {
      pattern: '-name -iname -path -ipath -wholename -iwholename -regex -iregex -printf -lname -ilname',
      text: '-type -xtype -size -mtime -atime -ctime -mmin -amin -cmin -maxdepth -mindepth -perm -user -group -uid -gid -links -inum -regextype -fstype -used -newermt -newerat -newerct -D',
      follow: '-L -follow',
      read: '-newer -anewer -cnewer -samefile',
      flag: '-print -print0 -ls -prune -quit -empty -not -and -or -a -o -true -false -depth -d -xdev -mount -H -P -E -s -x -X -readable -writable -executable -daystart -noleaf -nouser -nogroup -warn -nowarn -ignore_readdir_race -help -version --help --version -O1 -O2 -O3',
    },
    refuse: {
      [exec]: '-exec -execdir -ok -okdir',
      [remove]: '-delete',
      'shell.destructive.overwrite': '-fprint -fprint0 -fprintf -fls',
      'shell.workspace.outside': '-files0-from',
    },
    unknownOption: 'shell.option.unknown',
  },
  {
    names: 'fd fdfind',
    operands: ['text', 'read'],
    options: {
      follow: '-L --follow',
      pattern: '-E --exclude',
      text: '-e --extension -t --type -d --max-depth --min-depth --exact-depth -S --size --changed-within --changed-before -c --color -j --threads --max-results --path-separator --and -o --owner',
      read: '--search-path --ignore-file',
      base: '--base-directory -C',
    },
    refuse: { [exec]: '-x --exec -X --exec-batch' },
  },
  {
    names: 'locate mlocate plocate',
    operands: ['text'],
    options: { text: '-l --limit -n', read: '-d --database' },
  },
  {
    names: 'which whereis type-p',
    operands: ['text'],
    options: { flag: '-a -s' },
  },
  {
    names: 'tar gtar bsdtar',
    operands: ['any'],
    options: {
      'fill-base': '-C --directory --cd',
      fill: '--one-top-level',
      follow: '-h',
      write: '-f --file --listed-incremental -g --index-file',
      pattern: '--exclude',
      text: '-b --blocking-factor --strip-components --format --mode --mtime --owner --group --sort -N --newer --after-date --suffix --warning --record-size --level',
      read: '-X --exclude-from',
      sed: '--transform --xform',
    },
    refuse: {
      [exec]:
        '--to-command -I --use-compress-program -F --info-script --new-volume-script --checkpoint-action --rsh-command --rmt-command --volno-file',
      'shell.workspace.outside': '-P --absolute-names --absolute-paths --dereference --hard-dereference',
      'shell.workspace.list': '-T --files-from',
      [remove]: '--remove-files --recursive-unlink --unlink-first',
    },
  },
  {
    names: 'zip',
    operands: ['write'],
    options: {
      follow: '-r --recurse-paths -R --recurse-patterns',
      nofollow: '-y --symlinks',
      flag: '-q -9 -8 -7 -6 -5 -4 -3 -2 -1 -0 -j -u -f -v -g -o -e -X -D -l',
      patterns: '-x --exclude -i --include',
      write: '-b -O --output-file',
    },
    refuse: {
      [exec]: '-T --test -TT --unzip-command',
      [remove]: '-m --move',
      'shell.secret.read': '-P --password',
      'shell.workspace.list': '-@',
    },
  },
  {
    names: 'unzip',
    operands: ['write', 'text'],
    options: { fill: '-d', patterns: '-x' },
    refuse: { 'shell.workspace.outside': '-:', 'shell.program.privileged': '-K' },
  },
  {
    names: 'unsquashfs',
    operands: ['read', 'text'],
    options: { fill: '-d -dest', flag: '-f -force -l -ll -s -i' },
    style: 'single-dash',
  },
  {
    names: '7z 7za 7zr p7zip',
    operands: ['text', 'any'],
    options: { fill: '-o' },
    refuse: { [remove]: '-sdel', 'shell.workspace.outside': '-spf -spf2' },
  },
  {
    names:
      'gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd lz4 unlz4 lzma unlzma lzip lunzip plzip pixz unpigz compress uncompress pigz brotli',
    operands: ['write'],
    options: {
      follow: '-r --recursive',
      text: '-S --suffix -T --threads -L --level',
      write: '-o --output -D',
    },
    refuse: {
      [remove]: '--rm',
      'shell.workspace.list': '--files --files0 --filelist',
      'shell.fetch.names': '-N --name',
    },
  },
  { names: 'cpio bsdcpio pax star', refused: 'shell.exec.option' },
  // Of a plug-in the code runs as soon as it is named.
  {
    names: 'nm size objdump readelf',
    operands: ['read'],
    refuse: { [exec]: '--plugin --plugins', 'shell.workspace.list': '--files-from' },
  },
  {
    names: 'ar ranlib strip objcopy gprof dwp elfedit windres dlltool gcc-ar gcc-nm gcc-ranlib',
    operands: ['any'],
    refuse: {
      [exec]: '--plugin --plugins --preprocessor --preprocessor-arg --as --as-flags',
      'shell.workspace.list': '-M',
    },
  },
  {
    names: 'rsync',
    operands: ['any'],
    options: {
      pattern: '--exclude --include',
      read: '--exclude-from --include-from --files-from',
      text: '--filter -f --bwlimit --chmod --info --debug --timeout --max-size --min-size --out-format -B --block-size --suffix',
      write: '--log-file --backup-dir --partial-dir --temp-dir -T --compare-dest --copy-dest --link-dest',
    },
    refuse: {
      [exec]:
        '-e --rsh --rsync-path --daemon --server --sender --config --early-input --remote-option -M --address --password-file --write-batch --read-batch --only-write-batch',
      'shell.workspace.outside': '-L --copy-links --copy-unsafe-links --copy-dirlinks -k --keep-dirlinks -K',
      [remove]:
        '--delete --del --delete-before --delete-during --delete-after --delete-excluded --remove-source-files --delete-delay --delete-missing-args --force',
    },
  },
];
