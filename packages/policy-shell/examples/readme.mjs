import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShellCommandPolicy } from '@clawforce/policy-shell';
import { createConfiner, runCommand } from '@clawforce/policy-shell/run';

const workspace = mkdtempSync(join(tmpdir(), 'agent-'));
writeFileSync(join(workspace, 'notes.txt'), 'one\ntwo\n');
const policy = new ShellCommandPolicy({ workspace });

for (const command of ['wc -l notes.txt', 'cat notes.txt | sh', "'rm' --rec .", 'cat ../../etc/passwd']) {
  const { effect, rule, reason, hint } = policy.check(command);
  console.log(`${effect.padEnd(5)} ${command}   ${rule}: ${reason} ${hint ?? ''}`);
}

const { plan } = policy.check('wc -l notes.txt');
try {
  const confiner = await createConfiner(); // throws where nothing can confine a command
  const { exitCode, stdout, guarantees } = await runCommand(plan, { confiner, timeoutMs: 5_000 });
  console.log(exitCode, stdout.text.trim(), guarantees.join(' '));
} catch (error) {
  console.log(error.code, error.message);
}
