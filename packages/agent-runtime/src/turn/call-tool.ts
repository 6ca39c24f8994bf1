import { randomUUID } from 'node:crypto';
import type { Decision } from '@clawforce/policy-core';
import type { GateRecord } from '@clawforce/protocol';
import type { OutboxEntry } from '@clawforce/protocol/link-client';
import { clipDecision } from '../gate/clip-decision.js';
import type { Judgement } from '../gate/create-gate.js';
import { explainDenial, outcomeOfError, type ToolOutcome } from '../tools/tool-outcome.js';
import { activity, cutText } from './activity.js';
import { placeOf, type TurnParts, type TurnPlace } from './turn-parts.js';

/** A call on its way through the gate. */
export interface ToolCallRequest {
  readonly callId: string;
  readonly tool: string;
  /** JSON text, for the activity stream. */
  readonly argumentsText: string;
  readonly judge: () => Judgement;
  readonly signal: AbortSignal;
  readonly say: (text: string) => Promise<void>;
}

/** What came of a call: its outcome, the record of the verdict that counts, and the event that tells the result. */
export interface ToolCallEnd {
  readonly outcome: ToolOutcome;
  readonly record: GateRecord;
  /** Not recorded yet, so that a session entry can go with it in one write. */
  readonly events: readonly OutboxEntry[];
}

/**
 * Carries one call through the gate and, when it is allowed, to its tool. The call and its verdict are on disk before
 * anything happens; where they cannot be written, nothing happens.
 *
 * @throws CommandError when the outbox refuses.
 */
export async function callTool(
  request: ToolCallRequest,
  place: TurnPlace,
  parts: TurnParts,
): Promise<ToolCallEnd> {
  const { callId, tool, signal } = request;
  const shared = { ...placeOf(place), tool_name: tool, call_id: callId.slice(0, 200) };
  const judgement = request.judge();
  await parts.record([
    activity({ event_type: 'tool_call', ...shared, content: request.argumentsText }),
    activity({ event_type: 'policy_decision', ...shared, record: judgement.record }),
  ]);
  const started = performance.now();
  const outcome = await outcomeOf(judgement, request, parts);
  const events: OutboxEntry[] = [];
  let { record } = judgement;
  if (outcome.decision) {
    record = lateRecord(record, outcome.decision);
    events.push(activity({ event_type: 'policy_decision', ...shared, record }));
  }
  events.push(
    activity({
      event_type: 'tool_result',
      ...shared,
      content: outcome.output,
      result_status: signal.aborted && outcome.status !== 'ok' ? 'cancelled' : outcome.status,
      duration_ms: Math.round(performance.now() - started),
    }),
  );
  return { outcome, record, events };
}

async function outcomeOf(
  judgement: Judgement,
  request: ToolCallRequest,
  parts: TurnParts,
): Promise<ToolOutcome> {
  const { record, args, plan } = judgement;
  if (args === undefined) return { status: 'denied', output: explainDenial(record.decision) };
  const { config } = parts.gate();
  const run = parts.runners.get(request.tool);
  if (!run) return { status: 'error', output: 'Error TOOL_FAILED: the tool has no implementation here.' };
  try {
    const { fs, broker, confiner, egressSocket } = parts;
    const { signal, say } = request;
    const running = run(args, {
      ...{ fs, broker, confiner, egressSocket, config, signal, say },
      ...(plan ? { plan } : {}),
    });
    const outcome = await endedOrAbandoned(running, signal);
    const output = cutText(outcome.output, config.loop.max_tool_output_chars, '; ask for a smaller part');
    return { ...outcome, output };
  } catch (error) {
    parts.log('debug', `tool ${request.tool} did not succeed`, error);
    return outcomeOfError(error, request.signal);
  }
}

const ABANDON_MS = 5_000;

/** Gives the outcome of a tool; one that does not react to a cancellation in time is left to itself. */
async function endedOrAbandoned(running: Promise<ToolOutcome>, signal: AbortSignal): Promise<ToolOutcome> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const abandoned = new Promise<ToolOutcome>((resolve) => {
    onAbort = () => {
      timer = setTimeout(
        () => resolve({ status: 'cancelled', output: 'The tool was cancelled and did not end in time.' }),
        ABANDON_MS,
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([running, abandoned]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function lateRecord(record: GateRecord, decision: Decision): GateRecord {
  return { ...record, id: randomUUID(), time: new Date().toISOString(), decision: clipDecision(decision) };
}
