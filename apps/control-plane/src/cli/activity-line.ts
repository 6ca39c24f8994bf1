import type { Output } from './output.js';
import { safeLine } from './safe-text.js';
import type { ActivityShape } from './shapes.js';

/** Gives one line of activity for a terminal; undefined for what says nothing on its own. */
export function activityLine({ event }: ActivityShape, output: Output): string | undefined {
  const tool = safeLine(event.tool_name ?? event.record?.tool ?? '', 40);
  switch (event.event_type) {
    case 'policy_decision': {
      const decision = event.record?.decision;
      if (!decision) return undefined;
      if (decision.effect === 'allow') return `  ${output.color('green', '✓ allowed')} ${tool}`;
      return `  ${output.color('red', '✗ refused')} ${tool} ${output.color('bold', safeLine(decision.rule, 80))} ${safeLine(decision.reason, 160)}`;
    }
    case 'tool_call':
      return `  ${output.color('dim', `→ ${tool} ${safeLine(event.content ?? '', 100)}`)}`;
    case 'tool_result':
      return event.result_status === 'error'
        ? `  ${output.color('yellow', `! ${tool} failed: ${safeLine(event.content ?? '', 140)}`)}`
        : undefined;
    case 'error':
      return output.color('red', `! ${safeLine(event.content ?? 'error', 200)}`);
    case 'message_received':
      return `${output.color('bold', 'user')}  ${safeLine(event.content ?? '', 200)}`;
    case 'message_sent':
      return `${output.color('bold', 'agent')} ${safeLine(event.content ?? '', 400)}`;
    default:
      return output.color('dim', `· ${safeLine(event.event_type, 40)} ${safeLine(event.content ?? '', 160)}`);
  }
}
