import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatCompletionChunk, ChatMessage } from '@clawforce/protocol';
import { BrokerError } from '../broker-error.js';
import { chunkFactory } from './chunk.js';
import type { ProviderAdapter, ProviderCall } from './provider.js';
import { parseScript, ScriptError, type Script, type ScriptStep } from './script.js';
import { templateRenderer } from './script-template.js';

/** Characters of a message that a script looks at; the link carries no longer ones (`LINK_LIMITS.messageChars`). */
const MAX_TEXT_CHARS = 256 * 1024;

/**
 * Gives the adapter that plays a script: offline, deterministic and without state. The turn is chosen by the last
 * user message, the step by how often the model already spoke since then, so a restart changes nothing.
 */
export function scripted(scriptText: string): ProviderAdapter {
  let script: Script | undefined;
  return {
    // Read once: a long script takes a good part of a second.
    complete: (call) => complete(() => (script ??= readScript(scriptText)), call),
  };
}

async function* complete(
  readOnce: () => Script,
  { request, signal }: ProviderCall,
): AsyncGenerator<ChatCompletionChunk> {
  const script = readOnce();
  const factory = chunkFactory(request.model);
  const start = request.messages.findLastIndex((message) => message.role === 'user');
  const input = start >= 0 ? (request.messages[start]?.content ?? '').slice(0, MAX_TEXT_CHARS) : '';
  const since = request.messages.slice(start + 1);
  const step = chooseStep(script, input, since);

  if (step?.delay_ms) await sleep(step.delay_ms, undefined, { signal });
  if (step?.fail) throw rehearsedFailure(step.fail);
  yield factory.delta({ role: 'assistant', content: '' });
  if (!step) {
    yield factory.delta({ content: 'The script has nothing for this message.' });
    yield factory.finish('stop');
    return;
  }
  const context = { input, vars: script.vars, ...toolResults(since) };
  const { say, calls } = await renderStep(step, context);
  // Word by word, so that whoever reads the stream sees one.
  for (const word of say.match(/\s*\S+\s*$|\s*\S+/g) ?? []) {
    if (step.word_delay_ms) await sleep(step.word_delay_ms, undefined, { signal });
    signal.throwIfAborted();
    yield factory.delta({ content: word });
  }
  for (const [index, call] of calls.entries()) {
    yield factory.delta({
      tool_calls: [
        {
          index,
          id: `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
          type: 'function',
          function: { name: call.tool, arguments: JSON.stringify(call.args) },
        },
      ],
    });
  }
  yield factory.finish(calls.length > 0 ? 'tool_calls' : 'stop');
}

function readScript(text: string): Script {
  try {
    return parseScript(text);
  } catch (error) {
    if (error instanceof ScriptError)
      throw new BrokerError('PROVIDER_MISCONFIGURED', error.message, { cause: error });
    throw error;
  }
}

function chooseStep(script: Script, input: string, since: readonly ChatMessage[]): ScriptStep | undefined {
  const text = input.toLowerCase();
  const turn = script.turns.find(({ when }) => when === undefined || text.includes(when.toLowerCase()));
  return turn?.steps[since.filter((message) => message.role === 'assistant').length];
}

function toolResults(since: readonly ChatMessage[]): { results: Record<string, string>; result: string } {
  const names = new Map<string, string>();
  const results: Record<string, string> = Object.create(null) as Record<string, string>;
  let result = '';
  for (const message of since) {
    if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) names.set(call.id, call.function.name);
    } else if (message.role === 'tool') {
      result = message.content.slice(0, MAX_TEXT_CHARS);
      results[names.get(message.tool_call_id) ?? 'unknown'] = result;
    }
  }
  return { results, result };
}

async function renderStep(
  step: ScriptStep,
  context: object,
): Promise<{ say: string; calls: { tool: string; args: unknown }[] }> {
  try {
    const render = templateRenderer(context);
    const say = step.say === undefined ? '' : String(await render(step.say));
    const calls: { tool: string; args: unknown }[] = [];
    for (const { tool, args } of step.calls ?? []) calls.push({ tool, args: await render(args ?? {}) });
    return { say, calls };
  } catch (error) {
    const sentence = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    throw new BrokerError('PROVIDER_MISCONFIGURED', `A template of the script failed: ${sentence}`, {
      cause: error,
    });
  }
}

function rehearsedFailure(kind: NonNullable<ScriptStep['fail']>): BrokerError {
  switch (kind) {
    case 'unreachable':
      return new BrokerError('UPSTREAM_UNREACHABLE', 'The script rehearses a provider that is down.');
    case 'rate_limited':
      return new BrokerError('UPSTREAM_RATE_LIMITED', 'The script rehearses a provider that is busy.', {
        retryAfterSeconds: 1,
      });
    case 'nonsense':
      return new BrokerError('UPSTREAM_NONSENSE', 'The script rehearses a provider that talks nonsense.');
  }
}
