import { randomUUID } from 'node:crypto';
import type { Command, CommandResult } from '@clawforce/protocol';
import { CommandError } from '@clawforce/protocol/link-client';
import { activity } from '../turn/activity.js';
import { callTool } from '../turn/call-tool.js';
import { placeOf, type TurnParts } from '../turn/turn-parts.js';

const MAX_RUNNING = 4;

/** Tools that an operator runs by hand: through the same gate, outside of any turn. */
export class OperatorTools {
  readonly #parts: TurnParts;
  readonly #running = new Map<AbortController, { readonly sessionKey: string; readonly id: string }>();
  #closed = false;

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** Runs one tool. @throws CommandError WORKER_BUSY, WORKER_STOPPING, TOOL_CANCELLED */
  async run(command: Extract<Command, { kind: 'tool' }>): Promise<CommandResult> {
    if (this.#closed) throw new CommandError('WORKER_STOPPING', 'The worker is stopping.');
    if (this.#running.size >= MAX_RUNNING) {
      throw new CommandError('WORKER_BUSY', 'Too many tools run at once; try again in a moment.');
    }
    const { session_key: sessionKey, tool, args, actor } = command;
    const place = { sessionKey, turnId: randomUUID(), channel: '', chatId: '' };
    const controller = new AbortController();
    this.#running.set(controller, { sessionKey, id: command.id });
    try {
      const { outcome, record, events } = await callTool(
        {
          callId: command.id,
          tool,
          argumentsText: JSON.stringify(args),
          // The person who runs it has approved it; policy holds for people as well.
          judge: () => this.#parts.gate().judge(tool, args, { sessionKey, actor, approved: true }),
          signal: controller.signal,
          say: (content) =>
            this.#parts.record([activity({ event_type: 'message_sent', ...placeOf(place), content })]),
        },
        place,
        this.#parts,
      );
      await this.#parts.record(events);
      if (outcome.status === 'cancelled') throw new CommandError('TOOL_CANCELLED', 'The tool was cancelled.');
      return { kind: 'tool', status: outcome.status, output: outcome.output, record };
    } finally {
      this.#running.delete(controller);
    }
  }

  /** Cancels what runs in a session, or one command of it; tells whether there was anything. */
  cancel(sessionKey: string, commandId?: string): boolean {
    const own = [...this.#running].filter(
      ([, call]) => call.sessionKey === sessionKey && (commandId === undefined || call.id === commandId),
    );
    for (const [controller] of own) controller.abort();
    return own.length > 0;
  }

  /** Cancels everything and takes nothing more; resolves when all has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const controller of this.#running.keys()) controller.abort();
    while (this.#running.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
