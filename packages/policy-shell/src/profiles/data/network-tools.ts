import type { ToolProfile } from '../tool-profile.js';

const exec = 'shell.exec.option' as const;
const secret = 'shell.secret.read' as const;
const cloud = 'shell.program.cloud' as const;

const remoteHosting = {
  [secret]: 'auth token secret ssh-key gpg-key variable',
  [exec]: 'alias extension extensions ext codespace cs',
  'shell.destructive.remote': 'delete archive rename transfer',
  'shell.exec.config': 'config',
} as const;

/** Tools that fetch from the web, and the read-only side of tools for remote services. */
export const networkTools: readonly ToolProfile[] = [
  {
    names: 'curl',
    operands: ['curl-url'],
    // The option ends at `--next`.
    operandsWith: [
      { options: '--next', operands: ['curl-url'] },
      { options: '-g --globoff', operands: ['url'] },
    ],
    options: {
      url: '-x --proxy -e --referer',
      'curl-url': '--url',
      'curl-upload': '-T --upload-file',
      'curl-output': '-o --output',
      'curl-format': '-w --write-out',
      'curl-hosts': '--resolve',
      'curl-data': '-d --data --data-ascii --data-binary --data-urlencode --json -F --form --url-query',
      'at-file': '-H --header --proxy-header --variable',
      pattern: '-A --user-agent -u --user --data-raw --form-string -r --range',
      text: '-X --request -m --max-time --connect-timeout --retry --retry-delay --retry-max-time --limit-rate --max-redirs --interface --max-filesize -Y -y -z --time-cond --tls-max --ciphers --expect100-timeout --keepalive-time -C --continue-at -U --proxy-user --noproxy --parallel-max --oauth2-bearer',
      any: '-b --cookie',
      write:
        '-D --dump-header -c --cookie-jar --trace --trace-ascii --stderr --etag-save --hsts --alt-svc --libcurl',
      'fill-base': '--output-dir',
      read: '--cacert --capath --cert -E --key --etag-compare --netrc-file --crlfile --pinnedpubkey --pubkey --unix-socket',
      flag: '-s -S -f -L -i -I -k -v -g -G -O -# -N -4 -6 -0 -1 -2 -3 -a -R -Z -p -q -j -l -B -M -V -h --silent --show-error --fail --location --include --head --insecure --verbose --compressed --get --remote-name --remote-name-all --no-buffer --http1.1 --http2 --fail-with-body --globoff --no-progress-meter --progress-bar --create-dirs --tcp-nodelay --no-keepalive --ipv4 --ipv6 --remote-time --retry-connrefused --retry-all-errors --parallel --version --help --next --location-trusted --tlsv1.2 --tlsv1.3 --ssl-reqd --post301 --post302',
    },
    refuse: {
      [exec]:
        '-K --config --engine --proto-redir --proto --proto-default --abstract-unix-socket --preproxy --socks4 --socks5 --socks5-hostname --socks4a --dns-servers --doh-url --ftp-port -P -Q --quote --telnet-option -t --krb --mail-from --mail-rcpt --random-file --egd-file --connect-to',
      [secret]: '-n --netrc --netrc-optional',
      // The server chooses the name.
      'shell.fetch.names': '-J --remote-header-name',
    },
    unknownOption: 'shell.option.unknown',
  },
  {
    names: 'wget wget2',
    operands: ['url'],
    options: {
      pattern:
        '--header -U --user-agent --referer --post-data --body-data -A --accept -R --reject -X -I --exclude-directories --include-directories',
      text: '-t --tries -T --timeout -w --wait --waitretry -Q --quota --limit-rate --user --password --method -D --domains -l --level --max-redirect --dns-timeout --connect-timeout --read-timeout --cut-dirs --progress --restrict-file-names ',
      write:
        '-O --output-document -o --output-file -a --append-output --save-cookies --warc-file --hsts-file',
      fill: '-P --directory-prefix',
      read: '--load-cookies --post-file --body-file --ca-certificate --ca-directory --certificate --private-key -B',
    },
    refuse: {
      [exec]:
        '-e --execute --config --use-askpass --bind-address --warc-tempdir --plugin --plugin-opt --plugin-dirs --local-plugin',
      [secret]: '--ask-password',
      'shell.workspace.list': '-i --input-file',
      // The server chooses the names.
      'shell.fetch.names': '--content-disposition --trust-server-names',
      'shell.syntax.background': '-b --background',
    },
  },
  {
    names: 'http https httpie xh',
    operands: ['url', 'http-item'],
    options: {
      write: '-o --output',
      any: '-c --cookies --cert --cert-key --verify --session-read-only',
      text: '-a --auth -A --session -p --print -s --style',
    },
  },
  {
    names: 'gh glab',
    operands: ['any'],
    subcommands: {
      // What reads passes; rules over all arguments refuse what changes something.
      api: {
        operands: ['text'],
        options: {
          text: '-X --method --cache -p --preview',
          pattern: '-H --header -f --raw-field',
          'http-item': '-F --field',
          read: '--input',
          flag: '--paginate --slurp -i --include --silent',
        },
        refuse: { 'shell.program.network': '--hostname', [secret]: '--verbose' },
      },
    },
    otherSubcommand: { operands: ['any'], refuseOperands: remoteHosting },
    options: {
      jq: '-q --jq',
      pattern: '-t --title -b --body',
      text: '-R --repo --json -l --label -L --limit -s --state -a --assignee -B --base -H --head',
      read: '-F --body-file',
    },
    refuseOperands: remoteHosting,
    refuse: { 'shell.program.interactive': '-w --web', [secret]: '--show-token' },
  },
  {
    names: 'aws',
    operands: ['text', 'text', 'any'],
    options: { text: '--region --profile --output --query', url: '--endpoint-url', any: '--body' },
    refuseOperands: {
      [secret]:
        'configure sts secretsmanager ssm sso ecr get-login-password get-session-token assume-role export-credentials kms iam',
      'shell.destructive.remote': 'rm rb delete terminate-instances delete-stack delete-bucket delete-object',
      [cloud]: 'ec2 lambda cloudformation run-instances',
    },
  },
  {
    names: 'gcloud az',
    operands: ['text'],
    refuseOperands: {
      [secret]:
        'auth get-access-token print-access-token print-identity-token application-default secrets keyvault login account',
      [cloud]: 'delete create update deploy ssh compute vm',
      [exec]: 'alias',
    },
  },
  {
    names: 'kubectl k',
    operands: ['text', 'any'],
    subcommands: {
      'get describe logs top version explain api-resources api-versions cluster-info diff rollout': {
        operands: ['text'],
        options: {
          text: '-n --namespace -o --output -l --selector -c --container --tail --since',
          read: '-f --filename --kubeconfig',
        },
        refuseOperands: { [secret]: 'secret secrets' },
      },
    },
    otherSubcommand: cloud,
    options: { text: '-n --namespace --context', read: '--kubeconfig' },
  },
  {
    names: 'docker',
    options: { text: '--log-level -l', flag: '--debug -D' },
    refuse: { 'shell.program.container': '-H --host -c --context --config --tls --tlscacert' },
    operands: ['text'],
    subcommands: {
      'ps images version info logs inspect top stats port diff history search': {
        operands: ['text'],
        options: { pattern: '--format -f --filter', text: '-n --last --tail --since --until' },
      },
    },
    otherSubcommand: 'shell.program.container',
  },
  {
    names: 'terraform tofu',
    style: 'single-dash',
    options: { directory: '-chdir' },
    subcommands: {
      'fmt validate version show output graph providers get': {
        style: 'single-dash',
        options: { flag: '-check -diff -recursive -json -no-color -write -list -raw' },
      },
    },
    otherSubcommand: cloud,
  },
];
