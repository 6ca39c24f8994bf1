import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGate } from '@clawforce/agent-runtime/gate';
import { AgentFS } from '@clawforce/policy-fs';

const agentRoot = await mkdtemp(join(tmpdir(), 'agent-'));
const fs = await AgentFS.open(agentRoot, { create: true, allowDetectOnly: process.platform !== 'linux' });
const config = {
  digest: 'example',
  agent: { id: 'a1', name: 'Example' },
  instructions: '',
  model: { name: 'provider/model', max_tokens: 1000, temperature: 0 },
  loop: { max_tool_iterations: 20, memory_window: 50, max_tool_output_chars: 16000 },
  exec: {
    timeout_s: 60,
    policy: { mode: 'allow_all', allow: [], deny: [], relaxed: false },
    confinement: 'required',
    elevation: 'deny',
  },
  approval: { default_mode: 'always_run', per_tool: {} },
  restrict_to_workspace: true,
  ssrf_protection: true,
  web: { allowlist: [], exceptions: [] },
  exec_env: {},
};
const gate = createGate({ config, workspace: join(agentRoot, 'workspace'), fs });
const ask = (tool, text) => {
  const { decision } = gate.judgeText(tool, text, { sessionKey: 's', actor: 'model' }).record;
  console.log(tool, decision.effect, decision.rule);
};
ask('read_file', '{"path":"notes.md"}'); // read_file allow fs.zone.admitted
ask('read_file', '{"path":".config/agent.json"}'); // read_file deny fs.zone.hidden
ask('web_fetch', '{"url":"http://169.254.169.254/"}'); // web_fetch deny net.address.metadata
ask('exec', '{"command":"rm -rf ."}'); // exec deny shell.destructive.remove
ask('exec', '{"command":'); // exec deny tool.arguments
await fs.close();
