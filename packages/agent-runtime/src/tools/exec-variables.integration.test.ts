import { tmpdir } from 'node:os';
import { ShellCommandPolicy } from '@clawforce/policy-shell';
import { createConfiner, runCommand } from '@clawforce/policy-shell/run';
import { parseAgentConfig } from '@clawforce/protocol/config';
import { expect, test } from 'vitest';

const { plan } = new ShellCommandPolicy({ workspace: tmpdir() }).check('true');

async function runnerTakes(name: string): Promise<boolean> {
  if (!plan) throw new Error('the policy refused `true`');
  const options = { confiner: await createConfiner({ backend: 'none' }), network: 'host' } as const;
  try {
    await runCommand(plan, { ...options, env: { [name]: 'value' } });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

test.each([
  ['GREETING', true],
  ['_x1', true],
  ['NODE_OPTIONS', true],
  ['LD_PRELOAD', false],
  ['LD_anything', false],
  ['GCONV_PATH', false],
  ['GCONV_PATHS', true],
  ['MALLOC_CHECK_', false],
  ['1ST', false],
  ['WITH-DASH', false],
])(
  'the variable %s is refused when it is saved exactly when no command would get it',
  async (name, taken) => {
    expect(parseAgentConfig({ secrets: { env: { [name]: 'value' } } }).ok).toBe(taken);
    expect(await runnerTakes(name)).toBe(taken);
  },
);
