import type { ToolProfile } from '../tool-profile.js';

const exec = 'shell.exec.option' as const;

/** Tools that search, sort and transform text. */
export const textTools: readonly ToolProfile[] = [
  {
    names: 'grep egrep fgrep rgrep zgrep zegrep bzgrep xzgrep ggrep ugrep pcregrep pcre2grep',
    operands: ['text', 'read'],
    options: {
      follow: '-R --dereference-recursive',
      pattern: '-e --regexp --include --exclude --exclude-dir',
      text: '-A -B -C --after-context --before-context --context -m --max-count --label -d --directories -D --devices --binary-files',
      read: '-f --file --exclude-from',
    },
    operandsWith: [{ options: '-e --regexp -f --file', operands: ['read'] }],
    refuse: { [exec]: '--filter --pager --view' },
  },
  {
    names: 'rg ripgrep rga',
    operands: ['text', 'read'],
    options: {
      follow: '-L --follow',
      pattern: '-e --regexp -g --glob --iglob -r --replace',
      text: '-t --type -T --type-not -A -B -C --after-context --before-context --context -m --max-count -d --max-depth --sort --sortr -j --threads -M --max-columns --color --colors --max-filesize -E --encoding --type-add --context-separator --field-match-separator --engine',
      read: '-f --file --ignore-file',
      flag: '-n -i -l -c -w -v -o -s -S -F -U -u -uu -uuu -N -H -h -p -q -z -0 --files --hidden --no-ignore',
    },
    operandsWith: [{ options: '-e --regexp -f --file --files --type-list', operands: ['read'] }],
    refuse: { [exec]: '--pre --pre-glob --hostname-bin' },
  },
  {
    names: 'ag ack pt',
    operands: ['text', 'read'],
    options: {
      follow: '-f --follow',
      pattern: '-G --ignore --ignore-dir',
      text: '-A -B -C -m --max-count --depth',
      read: '-p --path-to-ignore',
    },
    refuse: { [exec]: '--pager --output --ackrc --env --files-from' },
  },
  {
    names: 'sort',
    operands: ['read'],
    options: {
      pattern: '-t --field-separator',
      size: '-S --buffer-size',
      text: '-k --key --parallel --batch-size --sort',
      write: '-o --output -T --temporary-directory',
      read: '--random-source',
    },
    refuse: { [exec]: '--compress-program', 'shell.workspace.list': '--files0-from' },
  },
  {
    names: 'shuf',
    operands: ['read'],
    options: {
      text: '-i --input-range',
      count: '-n --head-count',
      write: '-o --output',
      flag: '-e -r -z --echo --repeat',
    },
  },
  {
    names: 'mlr miller',
    operands: ['any'],
    options: { read: '-f --from', text: '--ifs --ofs --fs --nr-progress-mod', any: '--mfrom' },
    refuse: { [exec]: '--prepipe --prepipex --prepipe-gunzip --load --mload', 'shell.workspace.list': '-s' },
    style: 'single-dash',
  },
  { names: 'seq', operands: ['count'], options: { pattern: '-s --separator -f --format', flag: '-w' } },
  { names: 'expr factor numfmt', operands: ['text'] },
  {
    names: 'patch',
    operands: ['write'],
    options: {
      'directory-step': '-d --directory',
      write: '-o --output -r --reject-file -i --input -B --prefix -Y -z --suffix',
      text: '-p --strip -F --fuzz -D --ifdef -V --version-control',
    },
    refuse: { [exec]: '-e --ed --follow-symlinks' },
  },
  {
    names: 'xmllint xsltproc',
    operands: ['any'],
    options: {
      pattern: '--xpath',
      text: '--encode --pretty --stringparam --param --maxdepth',
      write: '--output -o',
      any: '--path --dtdvalid --schema',
    },
    refuse: { 'shell.program.interactive': '--shell' },
  },
  {
    names: 'pandoc',
    operands: ['any'],
    options: {
      text: '-f --from -t --to -r -w --metadata -M --variable -V --columns --wrap --toc-depth --pdf-engine',
      write: '-o --output --extract-media --log',
      script: '--template',
      read: '-c --css -H -A -B --bibliography --csl --reference-doc --resource-path --data-dir -d --defaults',
    },
    refuse: { [exec]: '-F --filter -L --lua-filter --pdf-engine-opt' },
  },
  {
    names: 'convert magick mogrify identify composite montage',
    operands: ['any'],
    options: {
      text: '-resize -crop -quality -gravity -rotate -fill -pointsize -annotate -draw -format -depth -colors -density -geometry -extent -background -size -font',
    },
    style: 'single-dash',
    refuse: { [exec]: '-write-mask -script' },
  },
  {
    names: 'ffmpeg ffprobe',
    operands: ['any'],
    style: 'single-dash',
    options: {
      pattern:
        '-c:v -c:a -codec -b:v -b:a -r -s -ss -t -to -map -metadata -pix_fmt -preset -crf -f -v -loglevel -show_entries -of',
      any: '-i -vf -af -filter:v -filter:a -filter_complex -lavfi',
    },
    refuse: { [exec]: '-f:lavfi -protocol_whitelist -filter_complex_script' },
  },
  {
    names: 'pdftotext pdfinfo pdfimages pdftoppm qpdf',
    operands: ['any'],
    options: { text: '-f -l -r -enc -opw -upw' },
    style: 'single-dash',
  },
  {
    names: 'sqlite3',
    operands: ['any', 'sql'],
    takesCommands: true,
    optionsFirst: false,
    options: {
      pattern: '-separator -nullvalue -newline',
      flag: '-header -csv -json -line -column -batch -readonly -html -list -markdown -table -box -bail -noheader --readonly --json',
    },
    refuse: { [exec]: '-init -cmd -interactive -vfs -A' },
    style: 'single-dash',
  },
  {
    names: 'duckdb',
    operands: ['any', 'sql'],
    takesCommands: true,
    options: { sql: '-c -s', flag: '-csv -json -readonly' },
    refuse: { [exec]: '-init -cmd -f -ui' },
    style: 'single-dash',
  },
  {
    names:
      'c++filt addr2line llvm-ar llvm-nm llvm-objdump llvm-objcopy llvm-strip llvm-size llvm-readelf llvm-readobj llvm-symbolizer llvm-cxxfilt llvm-link llvm-as llvm-dis llvm-mc llvm-profdata llvm-cov llc lli opt lld lld-link wasm-ld dsymutil filecheck',
    operands: ['any'],
    refuse: { [exec]: '-load -load-pass-plugin --load --load-pass-plugin --plugin' },
    style: 'single-dash',
  },
  {
    names: 'ctags setfattr',
    operands: ['any'],
    options: { follow: '-R --recurse', nofollow: '--links' },
    refuse: { 'shell.workspace.list': '-L --restore' },
  },
  { names: 'dropdb dropuser', refused: 'shell.destructive.remote' },
  {
    names: 'mysqladmin mariadb-admin',
    operands: ['text'],
    refuseOperands: {
      'shell.destructive.remote': 'drop shutdown kill flush-privileges password stop-slave stop-replica',
    },
  },
  {
    names: 'psql',
    takesCommands: true,
    operands: ['any'],
    options: {
      sql: '-c --command',
      text: '-h --host -p --port -U --username -d --dbname -v --set --variable -F --field-separator -P --pset -R --record-separator -T --table-attr',
      script: '-f --file',
      write: '-o --output -L --log-file',
      flag: '-a --echo-all -A --no-align -b --echo-errors -e --echo-queries -E --echo-hidden -H --html -l --list -n --no-readline -q --quiet -s --single-step -S --single-line -t --tuples-only -w --no-password -W --password -x --expanded -X --no-psqlrc -z -0 -1 --single-transaction --csv',
    },
  },
  {
    names: 'mysql mariadb',
    takesCommands: true,
    operands: ['any'],
    options: {
      sql: '-e --execute',
      text: '-h --host -P --port -u --user -D --database --default-character-set --protocol --prompt --delimiter',
      any: '-S --socket --ssl-ca --ssl-cert --ssl-key',
      optional: '-p --password',
      flag: '-A --no-auto-rehash -b --no-beep -B --batch -c --comments -C --compress -E --vertical -f --force -G --named-commands -H --html -i --ignore-spaces -j --syslog -L --skip-line-numbers -n --unbuffered -N --skip-column-names -o --one-database -q --quick -r --raw -s --silent -t --table -U --safe-updates -v --verbose -w --wait -X --xml',
      info: '-I -? --help -V --version',
    },
    refuse: {
      [exec]:
        '--pager --tee --plugin-dir --default-auth --init-command --defaults-file --defaults-extra-file',
    },
  },
  {
    names:
      'tex latex pdftex pdflatex xetex xelatex luatex lualatex platex uplatex etex context latexmk texexec',
    operands: ['any'],
    style: 'single-dash',
    options: { any: '-output-directory -outdir -auxdir', text: '-jobname -interaction -fmt -output-format' },
    refuse: {
      [exec]:
        '-shell-escape -enable-write18 -write18 --shell-escape --enable-write18 -e -r -latex -pdflatex -xelatex -lualatex -lua -latexoption -usepretex -pretex -new-viewer -pv -pvc -output-driver -cnf-line -parse-first-line -gscmd',
    },
  },
  {
    names: 'redis-cli',
    takesCommands: true,
    operands: ['text'],
    options: { text: '-h -p -n -a -u' },
    refuse: { [exec]: '--eval --rdb --pipe --functions-rdb' },
    refuseOperands: {
      'shell.destructive.remote':
        'flushall flushdb shutdown config script eval evalsha module debug save bgsave slaveof replicaof migrate FLUSHALL FLUSHDB SHUTDOWN CONFIG SCRIPT EVAL EVALSHA MODULE DEBUG SAVE BGSAVE SLAVEOF REPLICAOF MIGRATE',
    },
  },
  {
    names: 'openssl',
    operands: ['any'],
    needsOperand: 'shell.program.interactive',
    style: 'single-dash',
    options: { pattern: '-subj -addext -nameopt', any: '-passout -passin -pass' },
    refuse: { [exec]: '-engine -provider -provider-path', 'shell.program.network': '-accept -connect' },
    refuseOperands: {
      [exec]: 'engine',
      'shell.program.network': 's_client s_server s_time',
      'shell.resource': 'speed',
    },
  },
  {
    names: 'gpg gpg2',
    operands: ['any'],
    options: { text: '-r --recipient -u --local-user --digest-algo', write: '-o --output --homedir' },
    refuse: {
      'shell.secret.read': '--export-secret-keys --export-secret-subkeys --export-ssh-key',
      'shell.destructive.remove':
        '--delete-secret-keys --delete-secret-key --delete-secret-and-public-keys --delete-keys --delete-key',
      [exec]: '--photo-viewer --agent-program --pinentry-program --exec-path --dirmngr-program --gpgconf',
    },
  },
  {
    names: 'ssh-keygen',
    operands: ['any'],
    options: { text: '-t -b -C -N -P -E -m -I -n -V -z -O -Y -l', write: '-f', read: '-s -e' },
    refuse: { [exec]: '-D -w -Z' },
  },
  { names: 'ps', operands: ['ps-flags'], options: { text: '-o -p -u -C -U --sort --pid --format -g -t' } },
  {
    names: 'pgrep pidof pstree',
    operands: ['text'],
    options: { text: '-u -P -t' },
    refuse: { 'shell.program.process-control': '--signal' },
  },
  {
    names: 'lsof ss netstat vmstat iostat mpstat lscpu lsblk lsusb lspci getconf locale getent',
    operands: ['text'],
    options: { text: '-i -p -u -c -t -o' },
    refuse: {
      'shell.program.process-control': '-K --kill',
      [exec]: '-F --filter -D --diag',
      'shell.program.system': '-N --net',
    },
    refuseOperands: { 'shell.secret.read': 'shadow gshadow passwd' },
  },
  { names: 'dig nslookup host', operands: ['text'], options: { read: '-f -k' }, refuseOperands: {} },
  { names: 'whois', operands: ['text'], refuse: { 'shell.program.network': '-h --host -p --port' } },
  {
    names: 'ping ping6 traceroute tracepath mtr',
    operands: ['text'],
    options: { count: '-c --count', text: '-W -w -i -s -t -m -q', read: '-F --filename' },
    refuse: { 'shell.resource': '-f' },
  },
  {
    names: 'nc',
    operands: ['text'],
    options: { flag: '-z -v -w -zv -vz -n', text: '-w' },
    unknownOption: 'shell.program.network',
  },
];
