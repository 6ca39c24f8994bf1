import type { ToolCall } from '../../link/frames.js';
import { BrokerError } from './broker-error.js';
import { brokerErrorOf } from './error-body.js';

/** Tokens that a completion cost. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A whole completion. */
export interface Completion {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter';
  readonly usage?: Usage;
}

const MAX_TEXT_CHARS = 4 * 1024 * 1024;
const MAX_CALLS = 64;
const finishReasons = ['stop', 'length', 'tool_calls', 'content_filter'] as const;

interface OpenCall {
  id: string;
  name: string;
  arguments: string;
}

/**
 * Puts the chunks of a streamed completion together. A model behind a broker may be anything, so every field is looked
 * at before it is believed; unknown fields are ignored.
 */
export class CompletionReader {
  readonly #onText: (text: string) => void;
  readonly #calls = new Map<number, OpenCall>();
  #text = '';
  #size = 0;
  #finish: Completion['finishReason'] | undefined;
  #usage: Usage | undefined;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  /** Takes the data of one event. @throws BrokerError for nonsense, for an error inside the stream, for too much. */
  take(data: string): void {
    let raw: unknown;
    try {
      raw = JSON.parse(data);
    } catch (cause) {
      throw new BrokerError('BROKER_NONSENSE', 'The broker streamed something that is not JSON.', { cause });
    }
    const chunk = record(raw, 'a chunk');
    if (Object.hasOwn(chunk, 'error')) {
      throw brokerErrorOf(raw) ?? nonsense('an error without its fields');
    }
    this.#takeUsage(chunk['usage']);
    const choices = chunk['choices'];
    if (choices === undefined || choices === null) return;
    if (!Array.isArray(choices)) throw nonsense('"choices" that is no array');
    // Only the first choice was asked for.
    if (choices.length > 0) this.#takeChoice(record(choices[0], 'a choice'));
  }

  /** Gives the completion after the end mark. @throws BrokerError when the stream said too little. */
  finish(): Completion {
    const toolCalls = [...this.#calls.values()].map((call, index) => {
      if (call.name === '') throw nonsense('a tool call without a name');
      return { ...call, id: call.id === '' ? `call_${index}` : call.id };
    });
    if (this.#finish === undefined && this.#text === '' && toolCalls.length === 0) {
      throw nonsense('a completion without content');
    }
    return {
      text: this.#text,
      toolCalls: uniqueIds(toolCalls),
      finishReason: this.#finish ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop'),
      ...(this.#usage ? { usage: this.#usage } : {}),
    };
  }

  #takeChoice(choice: Record<string, unknown>): void {
    const finish = choice['finish_reason'];
    if (finish !== undefined && finish !== null) {
      this.#finish = finishReasons.find((known) => known === finish) ?? 'stop';
    }
    if (choice['delta'] === undefined || choice['delta'] === null) return;
    const delta = record(choice['delta'], 'a delta');
    const content = optionalText(delta['content'], 'content');
    if (content !== '') {
      this.#grow(content.length);
      this.#text += content;
      this.#onText(content);
    }
    const calls = delta['tool_calls'];
    if (calls === undefined || calls === null) return;
    if (!Array.isArray(calls)) throw nonsense('"tool_calls" that is no array');
    calls.forEach((call: unknown, position) => this.#takeCall(record(call, 'a tool call'), position));
  }

  #takeCall(part: Record<string, unknown>, position: number): void {
    const index = part['index'] ?? position;
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= MAX_CALLS) {
      throw nonsense('a tool call with an impossible index');
    }
    const call = this.#calls.get(index) ?? { id: '', name: '', arguments: '' };
    this.#calls.set(index, call);
    call.id ||= optionalText(part['id'], 'id').slice(0, 200);
    if (part['function'] === undefined || part['function'] === null) return;
    const named = record(part['function'], 'a function');
    const name = optionalText(named['name'], 'name');
    const text = optionalText(named['arguments'], 'arguments');
    this.#grow(name.length + text.length);
    call.name = (call.name + name).slice(0, 200);
    call.arguments += text;
  }

  #takeUsage(raw: unknown): void {
    if (typeof raw !== 'object' || raw === null) return;
    const usage = raw as Record<string, unknown>;
    const tokens = (value: unknown): number =>
      typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
    this.#usage = {
      promptTokens: tokens(usage['prompt_tokens']),
      completionTokens: tokens(usage['completion_tokens']),
    };
  }

  #grow(by: number): void {
    this.#size += by;
    if (this.#size > MAX_TEXT_CHARS) {
      throw new BrokerError(
        'BROKER_TOO_LARGE',
        `The completion is larger than ${MAX_TEXT_CHARS} characters.`,
      );
    }
  }
}

function uniqueIds(calls: readonly ToolCall[]): readonly ToolCall[] {
  const seen = new Set<string>();
  return calls.map((call, index) => {
    const id = seen.has(call.id) ? `${call.id}_${index}` : call.id;
    seen.add(id);
    return { ...call, id };
  });
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw nonsense(`${what} that is no object`);
  return value as Record<string, unknown>;
}

function optionalText(value: unknown, what: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw nonsense(`"${what}" that is no text`);
  return value;
}

function nonsense(what: string): BrokerError {
  return new BrokerError('BROKER_NONSENSE', `The broker streamed ${what}.`);
}
