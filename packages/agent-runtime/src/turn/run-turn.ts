import type { SessionEntry, ToolCall } from '@clawforce/protocol';
import { BrokerError } from '@clawforce/protocol/broker-client';
import { CommandError, type OutboxEntry } from '@clawforce/protocol/link-client';
import { toChatTool } from '../gate/tool-definition.js';
import { activity, cutText, sessionItem } from './activity.js';
import { callTool } from './call-tool.js';
import { conversation } from './conversation.js';
import { callModel } from './model-call.js';
import { PROFILE_FILES, systemPrompt } from './system-prompt.js';
import { entryOf, placeOf, type TurnParts, type TurnPlace } from './turn-parts.js';

/** How a turn ended. */
export interface TurnEnd {
  readonly stopped: 'answered' | 'cancelled' | 'max_iterations';
  readonly text: string;
}

const MAX_PROFILE_CHARS = 16_000;
/** What stands in the stream between the beginning that a model broke off and its next answer. */
const ASKED_AGAIN = '\n\n[The model broke off. It is asked again.]\n\n';

/**
 * Answers one message: messages -> model -> gate -> tool -> result, until the model calls no tool, the rounds are used
 * up, or the turn is cancelled. Everything that happens is in the outbox before the next step.
 *
 * @throws CommandError with a stable code; an `error` event has been recorded then.
 */
export async function runTurn(
  message: { readonly text: string; readonly actor: string },
  place: TurnPlace,
  parts: TurnParts,
  signal: AbortSignal,
): Promise<TurnEnd> {
  const turn = new Turn(place, parts, signal);
  try {
    return await turn.answer(message);
  } catch (error) {
    const failure =
      error instanceof CommandError
        ? error
        : new CommandError('INTERNAL', 'The worker failed on this message; its log has the details.', {
            cause: error,
          });
    if (failure !== error) parts.log('error', 'a turn failed', error);
    await parts
      .record([
        activity({ event_type: 'error', ...placeOf(place), content: `${failure.code}: ${failure.message}` }),
      ])
      .catch((cause: unknown) => parts.log('error', 'the error of a turn could not be recorded', cause));
    throw failure;
  }
}

class Turn {
  readonly #place: TurnPlace;
  readonly #parts: TurnParts;
  readonly #signal: AbortSignal;
  /** Text of the model call that runs. */
  #partial = '';

  constructor(place: TurnPlace, parts: TurnParts, signal: AbortSignal) {
    this.#place = place;
    this.#parts = parts;
    this.#signal = signal;
  }

  async answer(message: { readonly text: string; readonly actor: string }): Promise<TurnEnd> {
    const { sessionKey } = this.#place;
    const { memory_window: window } = this.#parts.gate().config.loop;
    if (!this.#signal.aborted) await this.#parts.memory.open(sessionKey, window, this.#signal);
    const entry = entryOf(this.#place, { role: 'user', content: message.text });
    await this.#record(
      [activity({ event_type: 'message_received', ...placeOf(this.#place), content: message.text })],
      [entry],
    );
    try {
      return await this.#rounds();
    } catch (error) {
      if (this.#signal.aborted && (error instanceof BrokerError || isAbort(error)))
        return await this.#cancelled();
      throw error;
    }
  }

  async #rounds(): Promise<TurnEnd> {
    const profiles = await this.#profiles();
    for (let round = 0; ; round += 1) {
      if (this.#signal.aborted) return this.#cancelled();
      const { config } = this.#parts.gate();
      if (round >= config.loop.max_tool_iterations) return this.#exhausted(round);
      const completion = await this.#ask(profiles);
      if (completion.toolCalls.length === 0) return this.#answered(completion.text, completion.finishReason);
      await this.#record(
        [],
        [
          entryOf(this.#place, {
            role: 'assistant',
            content: completion.text,
            tool_calls: completion.toolCalls,
          }),
        ],
      );
      this.#partial = '';
      for (const call of completion.toolCalls) await this.#call(call);
    }
  }

  #ask(profiles: readonly { readonly name: string; readonly text: string }[]): ReturnType<typeof callModel> {
    const gate = this.#parts.gate();
    const { config } = gate;
    const { sessionKey, turnId } = this.#place;
    this.#partial = '';
    return callModel(
      this.#parts.broker,
      {
        model: config.model.name,
        max_tokens: config.model.max_tokens,
        temperature: config.model.temperature,
        messages: [
          { role: 'system', content: systemPrompt(config, profiles, new Date()) },
          ...conversation(this.#parts.memory.entries(sessionKey), config.loop.memory_window),
        ],
        tools: gate.definitions.map(toChatTool),
      },
      {
        signal: this.#signal,
        retry: this.#parts.retry,
        onDelta: (text) => {
          this.#partial += text;
          this.#parts.delta({ session_key: sessionKey, turn_id: turnId, text });
        },
        onRetry: (error, attempt) => {
          // Who watches has the beginning already, and what follows is no continuation of it.
          if (this.#partial !== '')
            this.#parts.delta({ session_key: sessionKey, turn_id: turnId, text: ASKED_AGAIN });
          this.#partial = '';
          this.#parts.log('warn', `model call failed, attempt ${attempt}: ${error.code}`, error);
        },
      },
    );
  }

  async #call(call: ToolCall): Promise<void> {
    const gate = this.#parts.gate();
    const { sessionKey, channel, chatId } = this.#place;
    if (this.#signal.aborted) {
      // Every call gets a result, so that the session stays one that a model accepts.
      await this.#result(call, 'The call was cancelled.', []);
      return;
    }
    const { outcome, events } = await callTool(
      {
        callId: call.id,
        tool: call.name,
        argumentsText: call.arguments,
        judge: () =>
          gate.judgeText(call.name, call.arguments, { sessionKey, actor: 'model', channel, chatId }),
        signal: this.#signal,
        say: (text) =>
          this.#record(
            [activity({ event_type: 'message_sent', ...placeOf(this.#place), content: text })],
            [],
          ),
      },
      this.#place,
      this.#parts,
    );
    await this.#result(call, outcome.output, events);
  }

  #result(call: ToolCall, output: string, events: readonly OutboxEntry[]): Promise<void> {
    const entry = entryOf(this.#place, {
      role: 'tool',
      content: output,
      tool_call_id: call.id,
      name: call.name,
    });
    return this.#record(events, [entry]);
  }

  async #answered(text: string, finishReason: string): Promise<TurnEnd> {
    const notes: Readonly<Record<string, string>> = {
      length: '[The answer reached the token limit and is not complete.]',
      content_filter: '[The provider of the model stopped this answer.]',
    };
    const note = notes[finishReason];
    const full = [text === '' && note === undefined ? '[The model gave no answer.]' : text, note]
      .filter((part) => part !== undefined && part !== '')
      .join('\n');
    await this.#sent(full, 'ok');
    return { stopped: 'answered', text: full };
  }

  async #exhausted(rounds: number): Promise<TurnEnd> {
    const text = `I stopped after ${rounds} rounds of tool calls without coming to an end. Send a message to let me go on.`;
    await this.#sent(text, 'error');
    return { stopped: 'max_iterations', text };
  }

  async #cancelled(): Promise<TurnEnd> {
    const text = this.#partial;
    await this.#sent([text, '[cancelled]'].filter((part) => part !== '').join('\n'), 'cancelled');
    return { stopped: 'cancelled', text };
  }

  #sent(text: string, status: 'ok' | 'error' | 'cancelled'): Promise<void> {
    return this.#record(
      [
        activity({
          event_type: 'message_sent',
          ...placeOf(this.#place),
          content: text,
          result_status: status,
        }),
      ],
      [entryOf(this.#place, { role: 'assistant', content: text })],
    );
  }

  async #record(events: readonly OutboxEntry[], entries: readonly SessionEntry[]): Promise<void> {
    const { sessionKey } = this.#place;
    const { memory, record, gate } = this.#parts;
    await record([...events, ...entries.map((entry) => sessionItem(sessionKey, entry))]);
    memory.add(sessionKey, entries, gate().config.loop.memory_window);
  }

  async #profiles(): Promise<readonly { readonly name: string; readonly text: string }[]> {
    const read = PROFILE_FILES.map(async (name) => {
      try {
        return { name, text: cutText(await this.#parts.fs.readFile(`profiles/${name}`), MAX_PROFILE_CHARS) };
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (code !== 'NOT_FOUND') this.#parts.log('warn', `profiles/${name} could not be read`, error);
        return undefined;
      }
    });
    return (await Promise.all(read)).filter((profile) => profile !== undefined);
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
