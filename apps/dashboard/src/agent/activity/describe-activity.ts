import type { Activity } from '../../api/api-types.js';
import type { Tone } from '../../components/badge.js';

/** What an event is about, for the filter. */
export type ActivityKind = 'refusals' | 'tools' | 'messages' | 'web' | 'state';

/** An event in words. The texts may be an agent's: they are shown inert. */
export interface ActivityDescription {
  readonly kinds: readonly ActivityKind[];
  readonly badge: readonly [tone: Tone, word: string];
  /** Tool or party. */
  readonly subject: string;
  readonly text: string;
}

const VERDICTS: Readonly<Record<string, readonly [Tone, string]>> = {
  allow: ['good', 'Allowed'],
  deny: ['bad', 'Refused'],
  ask: ['warn', 'Asks'],
  limit: ['bad', 'Refused'],
  error: ['warn', 'Failed'],
};
const RESULTS: Readonly<Record<string, readonly [Tone, string]>> = {
  ok: ['neutral', 'Done'],
  error: ['warn', 'Failed'],
  // The decision before it is the refusal; one call is not refused twice.
  denied: ['neutral', 'Not run'],
  cancelled: ['warn', 'Cancelled'],
};

/** Gives an event in words. An event that this page does not know is shown by its name. */
export function describeActivity({ event }: Activity): ActivityDescription {
  const {
    event_type: type,
    content = '',
    tool_name: tool = '',
    record,
    egress,
    result_status: result,
  } = event;
  switch (type) {
    case 'policy_decision': {
      const { effect = 'deny', input = '', rule = '' } = record?.decision ?? {};
      return {
        kinds: effect === 'allow' ? ['tools'] : ['refusals', 'tools'],
        badge: VERDICTS[effect] ?? ['neutral', effect],
        subject: record?.tool ?? tool,
        text: effect === 'allow' ? input : `${input} (${rule})`,
      };
    }
    case 'egress': {
      const { verdict = 'error', method = '', host = '', port = 0, rule = '', status, error } = egress ?? {};
      const refused = verdict === 'deny' || verdict === 'limit';
      const outcome = refused ? rule : (error ?? (status === undefined ? '' : `status ${status}`));
      return {
        kinds: refused ? ['web', 'refusals'] : ['web'],
        badge: VERDICTS[verdict] ?? ['neutral', verdict],
        subject: 'web',
        text: `${method} ${host}:${port}${outcome === '' ? '' : ` (${outcome})`}`,
      };
    }
    case 'tool_call':
      return { kinds: ['tools'], badge: ['busy', 'Call'], subject: tool, text: content };
    case 'tool_result':
      return {
        kinds: ['tools'],
        badge: RESULTS[result ?? ''] ?? ['neutral', 'Result'],
        subject: tool,
        text: `${event.duration_ms === undefined ? '' : `${event.duration_ms} ms · `}${content}`,
      };
    case 'message_received':
      return { kinds: ['messages'], badge: ['info', 'Message'], subject: 'to the agent', text: content };
    case 'message_sent':
      return { kinds: ['messages'], badge: ['info', 'Answer'], subject: 'of the agent', text: content };
    case 'agent_started':
      return { kinds: ['state'], badge: ['good', 'Started'], subject: 'agent', text: content };
    case 'agent_stopped':
      return { kinds: ['state'], badge: ['neutral', 'Stopped'], subject: 'agent', text: content };
    case 'error':
      return { kinds: ['state'], badge: ['bad', 'Error'], subject: tool || 'agent', text: content };
    default:
      return {
        kinds: ['state'],
        badge: ['neutral', 'Event'],
        subject: type.replaceAll('_', ' '),
        text: content,
      };
  }
}
