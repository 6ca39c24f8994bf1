import { parseArgs } from 'node:util';
import { NetworkSecurityPolicy } from './policy.js';

const usage = `Usage: policy-net check <url> [--allow <entry>]... [--json]

Judges a URL under the default policy, without DNS. --allow adds an allowlist entry (name, *.name or address, :port).
Exit status: 0 allow, 1 deny, 64 usage.
`;

/** Where the command line writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Runs `policy-net` and gives its exit status: 0 allow, 1 deny, 64 usage. */
export function runCommandLine(args: readonly string[], { out, err }: Output): number {
  const parsed = parse(args);
  if (typeof parsed === 'string') {
    err(`${parsed}\n${usage}`);
    return 64;
  }
  if (parsed.help) {
    out(usage);
    return 0;
  }
  const decision = parsed.policy.checkUrl(parsed.url);
  if (parsed.json) out(`${JSON.stringify(decision, undefined, 2)}\n`);
  else {
    out(
      `${decision.effect} ${decision.rule}\n${decision.reason}\n${decision.hint === undefined ? '' : `${decision.hint}\n`}`,
    );
  }
  return decision.effect === 'allow' ? 0 : 1;
}

type Parsed =
  | { readonly help: true }
  | {
      readonly help: false;
      readonly json: boolean;
      readonly url: string;
      readonly policy: NetworkSecurityPolicy;
    };

function parse(args: readonly string[]): Parsed | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        allow: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { help: true };
    const [command, url, ...rest] = positionals;
    if (command !== 'check' || url === undefined || rest.length > 0)
      return 'policy-net: expected "check <url>"';
    return {
      help: false,
      json: values.json,
      url,
      policy: new NetworkSecurityPolicy({ allowlist: values.allow }),
    };
  } catch (error) {
    return `policy-net: ${error instanceof Error ? error.message : 'bad arguments'}`;
  }
}
