import { activityLine } from './activity-line.js';
import type { AdminClient } from './admin-client.js';
import { interrupted } from './interrupted.js';
import type { Output } from './output.js';
import { safeText } from './safe-text.js';
import type { ActivityShape, AgentShape, LineShape, PageShape } from './shapes.js';

/** How much is shown. */
export interface LogRange {
  /** Goes on until Ctrl-C, or until nothing more can come. */
  readonly follow: boolean;
  readonly tail: number;
}

/** Shows what an agent did and, when following, what it does: lines for people, JSON for programs. */
export async function showActivity(
  client: AdminClient,
  output: Output,
  { id }: AgentShape,
  { follow, tail }: LogRange,
): Promise<void> {
  const shown: ActivityShape[] = [];
  const path = `/api/agents/${id}/logs?tail=${tail}&follow=${follow}`;
  for await (const { event, data } of await client.events(path, interrupted())) {
    if (event !== 'activity') continue;
    const activity = data as ActivityShape;
    if (follow) output.each(activity);
    else shown.push(activity);
    const line = activityLine(activity, output);
    if (line !== undefined) output.line(`${activity.time.slice(11, 19)} ${line}`);
  }
  if (follow) return;
  output.result(shown);
  if (shown.length === 0 && tail > 0) output.line('The agent has done nothing yet.');
}

/** Shows what an agent's worker printed and, when following, what it prints. */
export async function showOutput(
  client: AdminClient,
  output: Output,
  { id }: AgentShape,
  { follow, tail }: LogRange,
): Promise<void> {
  const show = (line: LineShape): void => output.line(`${line.time} ${safeText(line.text)}`);
  if (!follow) {
    const path = `/api/agents/${id}/process-logs?tail=${tail}`;
    const { items } = (await client.call('GET', path)) as PageShape<LineShape>;
    output.result(items);
    items.forEach(show);
    if (items.length === 0 && tail > 0) output.line('The worker has printed nothing yet.');
    return;
  }
  const path = `/api/agents/${id}/process-logs/stream?tail=${tail}`;
  for await (const { event, data } of await client.events(path, interrupted())) {
    if (event !== 'line') continue;
    output.each(data);
    show(data as LineShape);
  }
}
