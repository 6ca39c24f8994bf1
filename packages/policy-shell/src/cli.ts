#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ShellCommandPolicy, type ShellDecision } from './shell-command-policy.js';

/** What the command line program says and how it ends: 0 allow, 1 deny, 2 ask, 64 wrong usage. */
export interface CliAnswer {
  readonly exitCode: 0 | 1 | 2 | 64;
  readonly stdout: string;
  readonly stderr: string;
}

const usage = `Usage: policy-shell check '<command>' [--workspace DIR] [--relaxed] [--json]

Says whether the policy lets a command pass. Exit code: 0 allow, 1 deny, 2 ask, 64 wrong usage.
`;

const exitCodes = { allow: 0, deny: 1, ask: 2 } as const;

/** Gives the answer to command line arguments (without node and script), for a working directory. */
export function answerCli(args: readonly string[], cwd: string): CliAnswer {
  const wrong = (message: string): CliAnswer => ({
    exitCode: 64,
    stdout: '',
    stderr: `${message}\n${usage}`,
  });
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        workspace: { type: 'string' },
        relaxed: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return wrong(error instanceof Error ? error.message : 'wrong arguments');
  }
  const { values, positionals } = parsed;
  if (values.help === true) return { exitCode: 0, stdout: usage, stderr: '' };
  const [action, command, ...more] = positionals;
  if (action !== 'check' || command === undefined || more.length > 0) {
    return wrong('Give the action "check" and one command in quotes.');
  }
  let policy: ShellCommandPolicy;
  try {
    const workspace = values.workspace === undefined ? cwd : absolute(values.workspace, cwd);
    policy = new ShellCommandPolicy({ workspace, relaxed: values.relaxed === true });
  } catch (error) {
    return wrong(error instanceof Error ? error.message : 'wrong options');
  }
  const decision = policy.check(command);
  const stdout = values.json === true ? `${JSON.stringify(decision, undefined, 2)}\n` : explain(decision);
  return { exitCode: exitCodes[decision.effect], stdout, stderr: '' };
}

const absolute = (path: string, cwd: string): string => (path.startsWith('/') ? path : `${cwd}/${path}`);

// What a terminal would obey, and what changes the direction of text, is shown as a dot.
const visible = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');

function explain({ effect, rule, reason, hint, input, span, trace }: ShellDecision): string {
  const lines = [`${effect}  ${rule}`, `  ${reason}`];
  if (span && input.length < 200) {
    lines.push(
      '',
      `  ${visible(input)}`,
      `  ${' '.repeat(span[0])}${'^'.repeat(Math.max(1, span[1] - span[0]))}`,
      '',
    );
  }
  if (hint !== undefined) lines.push(`  Hint: ${hint}`);
  for (const step of trace.slice(1)) {
    lines.push(
      `  ${step.layer}: ${step.effect} ${step.rule}${step.note === undefined ? '' : ` (${step.note})`}`,
    );
  }
  return `${lines.map(visible).join('\n')}\n`;
}

const invoked = process.argv[1];
if (invoked !== undefined && realpathSync(invoked) === fileURLToPath(import.meta.url)) {
  const { exitCode, stdout, stderr } = answerCli(process.argv.slice(2), process.cwd());
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
}
