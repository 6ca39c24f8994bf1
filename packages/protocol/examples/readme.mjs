import { parseAgentConfig } from '@clawforce/protocol/config';
import { readCommand } from '@clawforce/protocol/link';
import { createMemoryOutbox } from '@clawforce/protocol/link-client';

const parsed = parseAgentConfig({ agents: { defaults: { maxTokens: 'many' } } });
console.log(parsed.ok, parsed.ok ? '' : parsed.issues[0].pointer); // false /agents/defaults/max_tokens

console.log(readCommand({ id: '1', kind: 'cancel', session_key: 's', extra: 1 }));
// { ok: true, command: { id: '1', kind: 'cancel', session_key: 's' } }
console.log(readCommand({ id: '2', kind: 'dance' }).code); // COMMAND_UNKNOWN

const outbox = createMemoryOutbox();
await outbox.append([{ type: 'activity', event: { event_type: 'agent_started' } }]);
console.log(outbox.lowSeq, outbox.nextSeq); // 1 2
