import type { ToolProfile } from '../tool-profile.js';

const exec = 'shell.exec.option' as const;
const source = 'shell.fetch.source' as const;
const remote = 'shell.destructive.remote' as const;
const remove = 'shell.destructive.remove' as const;
const runner = 'shell.program.code-runner' as const;
const interactive = 'shell.program.interactive' as const;
const unsafeGhostscript =
  '-dNOSAFER -dDELAYSAFER --permit-file-all --permit-file-read --permit-file-write' as const;

/** Tools that set, draw and publish documents and sites, and that fetch media. */
export const documentTools: readonly ToolProfile[] = [
  {
    names: 'dvipdfmx xdvipdfmx dvipdfm',
    operands: ['any'],
    options: { write: '-o', read: '-f -i', text: '-p -s -x -y -m -r -V -z' },
    refuse: { [exec]: '-D' },
  },
  {
    names: 'tectonic',
    operands: ['any'],
    options: {
      any: '-o --outdir -p --hide',
      script: '-b --bundle',
      text: '-f --format -c --chatter --outfmt --pass -r --reruns --color',
      flag: '-X -C --only-cached -k --keep-intermediates --keep-logs --synctex --untrusted --print',
    },
    refuse: { [exec]: '-Z', [source]: '-w --web-bundle' },
  },
  {
    names: 'gs ghostscript gsnd gsc',
    style: 'single-dash',
    operands: ['read'],
    options: { write: '-o', read: '-f', text: '-r -g', any: '-sOutputFile -I' },
    refuse: { [exec]: unsafeGhostscript, [runner]: '-c' },
  },
  {
    names:
      'ps2pdf ps2pdfwr ps2pdf12 ps2pdf13 ps2pdf14 ps2ps ps2ps2 eps2eps pdf2ps pdf2dsc dvipdf ps2ascii ps2epsi',
    style: 'single-dash',
    operands: ['read', 'write'],
    options: { text: '-r -g', any: '-sOutputFile -I' },
    refuse: { [exec]: unsafeGhostscript, [runner]: '-c' },
  },
  {
    names: 'epstopdf',
    operands: ['read'],
    options: { write: '-o --outfile' },
    refuse: { [exec]: '--gscmd --nosafer' },
  },
  {
    names: 'exiftool',
    style: 'single-dash',
    operands: ['write'],
    options: { code: '-if -if2', any: '-o -w -tagsfromfile', text: '-n -s -p' },
    refuse: {
      [exec]: '-config -execute -stay_open -userparam -fileorder',
      'shell.exec.config': '-@',
    },
  },
  {
    names: 'yt-dlp youtube-dl yt-dlp_linux',
    operands: ['url'],
    options: {
      write: '-o --output -P --paths --cookies --download-archive --cache-dir',
      text: '-f --format --audio-format --audio-quality -S --format-sort --merge-output-format --sub-langs -N --concurrent-fragments -r --limit-rate -R --retries',
      pattern: '--match-filters --match-filter --match-title --parse-metadata --user-agent -O --print',
      'text-path': '--print-to-file',
      url: '--proxy',
    },
    refuse: {
      [exec]:
        '--exec --exec-before-download --use-postprocessor --alias --preset-alias --downloader --external-downloader --downloader-args --external-downloader-args --postprocessor-args --ppa --plugin-dirs --ffmpeg-location --netrc-cmd --config-locations --config-location --js-runtimes --enable-file-urls',
      'shell.secret.read': '--cookies-from-browser -n --netrc --netrc-location',
      'shell.fetch.system': '-U --update --update-to',
      'shell.workspace.list': '-a --batch-file --load-info-json',
    },
  },
  {
    names: 'gallery-dl',
    operands: ['url'],
    options: {
      write: '-d --destination -D --directory --download-archive --write-log',
      any: '-C --cookies',
      pattern: '-f --filename --filter --range',
    },
    refuse: {
      [exec]:
        '--exec --exec-after -o --option -P --postprocessor -O --postprocessor-option -c --config --config-yaml --config-toml -X --extractors',
      'shell.secret.read': '--cookies-from-browser --netrc',
      'shell.workspace.list': '-i --input-file -I --input-file-comment -x --input-file-delete',
      'shell.fetch.system': '-U --update --update-to',
    },
  },
  {
    names: 'plantuml',
    operands: ['any'],
    style: 'single-dash',
    options: { any: '-o -output -config', text: '-charset -nbthread -theme -skinparam' },
    refuse: { [exec]: '-graphvizdot', 'shell.program.network': '-picoweb -ftp', [interactive]: '-gui' },
  },
  {
    names: 'd2',
    operands: ['any'],
    options: { text: '-l --layout -t --theme --dark-theme --pad --timeout' },
    refuse: { [exec]: '--browser', 'shell.program.network': '-w --watch -h --host -p --port' },
  },
  {
    names: 'gomplate',
    operands: ['command'],
    options: {
      info: '--version -v --help -h',
      code: '-i --in',
      read: '-f --file --input-dir -t --template --config',
      write: '-o --out --output-dir',
      any: '-d --datasource -c --context',
      pattern: '--exclude --include --left-delim --right-delim --output-map',
    },
    refuse: { [exec]: '--plugin --exec-pipe --experimental' },
  },
  { names: 'envsubst', operands: ['text'], refusesInput: 'shell.env.dump' },

  // Generators of sites and bundles: they empty the directory that they write to.
  {
    names: 'vite vitepress vuepress astro docusaurus storybook typedoc webpack webpack-cli tsup tsdown ng',
    operands: ['any'],
    options: {
      emptied: '--outDir --out-dir --out --output-path -o --output-dir -d --dest',
      any: '-c --config --root',
      text: '--mode -m --base -l --logLevel --port --host',
    },
    refuseOperands: { [remote]: 'deploy' },
    refuse: { [exec]: '--exec -x --require --resolve-plugins-relative-to --rulesdir --eval' },
  },
  {
    names: 'mkdocs',
    operands: ['any'],
    options: { emptied: '-d --site-dir', any: '-f --config-file', text: '-t --theme -a --dev-addr' },
    refuseOperands: { [remote]: 'gh-deploy' },
  },
  {
    names: 'jekyll',
    operands: ['any'],
    options: { emptied: '-d --destination', any: '-s --source --config -p --plugins' },
  },
  {
    names: 'zola',
    operands: ['any'],
    options: {
      emptied: '-o --output-dir',
      any: '-r --root -c --config',
      text: '-u --base-url -p --port -i --interface',
    },
  },
  {
    names: 'mdbook',
    operands: ['any'],
    options: { emptied: '-d --dest-dir', text: '-p --port -n --hostname' },
  },
  {
    names: 'hugo',
    operands: ['any'],
    options: {
      any: '-d --destination -s --source -c --contentDir --config',
      text: '-b --baseURL -e --environment -p --port -t --theme',
    },
  },
  {
    names: 'pyinstaller',
    operands: ['any'],
    options: {
      emptied: '--workpath',
      write: '--distpath --specpath',
      any: '--add-data --add-binary -p --paths --additional-hooks-dir',
      text: '-n --name --hidden-import',
    },
    refuse: { [exec]: '--runtime-hook --upx-dir' },
  },
  {
    names: 'rar unrar',
    operands: ['text', 'any', 'fill'],
    style: 'single-dash',
    refuse: { [remove]: '-df -dr -dw', 'shell.workspace.list': '-n@ -x@' },
    refuseOperands: { [remove]: 'm mf d' },
  },
];
