import { activityLine } from './activity-line.js';
import type { CommandContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { requireServer } from './require-server.js';
import { safeText } from './safe-text.js';
import type { ActivityShape, AgentShape, MessageShape } from './shapes.js';

const FINAL: ReadonlySet<string> = new Set(['done', 'failed', 'interrupted']);

/** Sends a message and shows the turn as it happens: text, tools, refusals. Gives the exit code. */
export async function sendMessage(
  { client, output }: CommandContext,
  agent: AgentShape,
  text: string,
  session: string,
): Promise<number | undefined> {
  requireServer(client, 'Agents run only while the server runs.');
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // Open before the message is sent: a turn may end sooner than a stream begins, and its end is told once.
  const events = await client.events(`/api/agents/${agent.id}/logs?tail=0`, stop.signal);
  let message: MessageShape;
  try {
    message = (await client.call('POST', `/api/agents/${agent.id}/messages`, {
      text,
      session_key: session,
    })) as MessageShape;
  } catch (error) {
    // An open stream keeps the process alive.
    stop.abort();
    throw error;
  }

  let refused = 0;
  let midLine = false;
  const freshLine = (): void => {
    if (midLine) output.line();
    midLine = false;
  };
  try {
    for await (const { event, data } of events) {
      if (event === 'delta' && (data as { session_key: string }).session_key === session) {
        output.raw(safeText((data as { text: string }).text));
        midLine = true;
      } else if (event === 'activity' && (data as ActivityShape).event.session_key === session) {
        const activity = data as ActivityShape;
        const { event_type: type, record } = activity.event;
        if (type === 'policy_decision' && record !== undefined && record.decision.effect !== 'allow')
          refused += 1;
        // The text has been streamed already.
        const line =
          type === 'message_sent' || type === 'message_received' ? undefined : activityLine(activity, output);
        if (line !== undefined) {
          freshLine();
          output.line(line);
        }
      } else if (event === 'message' && (data as MessageShape).id === message.id) {
        message = data as MessageShape;
        if (FINAL.has(message.state)) break;
      }
    }
  } finally {
    stop.abort();
    freshLine();
  }
  message = (await client.call('GET', `/api/agents/${agent.id}/messages/${message.id}`)) as MessageShape;
  output.result({ ...message, refused });
  if (refused > 0)
    output.line(
      output.color('dim', `${refused} tool calls were refused; clawforce audit tail shows their rules.`),
    );
  if (message.state === 'done') return undefined;
  output.problem(
    `The message is ${message.state}${message.error ? `: ${message.error.message} (${message.error.code})` : '.'}`,
  );
  return EXIT_CODES.failed;
}
