import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Harness, testConfig, testRetry, until } from '../testing/harness.js';
import { endStream, openStream, sendChunk, sendError } from '../testing/scripted-broker.js';

describe('a worker', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await new Harness().open();
  });
  afterEach(async () => {
    await harness.close();
    expect(harness.plane.breaches).toEqual([]);
  });

  it('answers a message with a real small job: read, write, edit, list', async () => {
    writeFileSync(join(harness.workspace, 'in.csv'), 'a,1\nb,2\n');
    harness.broker.steps = [
      { say: 'First I read. ', calls: [{ tool: 'read_file', args: { path: 'in.csv' } }] },
      { calls: [{ tool: 'write_file', args: { path: 'out.md', content: 'draft 3' } }] },
      {
        calls: [
          { tool: 'edit_file', args: { path: 'out.md', old_text: 'draft', new_text: 'total' } },
          { tool: 'list_dir', args: { path: '.' } },
        ],
      },
      { say: 'Done: the total is 3.' },
    ];
    await harness.start();
    const report = await harness.plane.message('add it up');
    expect(report).toMatchObject({
      state: 'done',
      result: { kind: 'message', stopped: 'answered', text: 'Done: the total is 3.' },
    });
    expect(readFileSync(join(harness.workspace, 'out.md'), 'utf8')).toBe('total 3');
    // The model got each result in full, in the order of the calls.
    const last = harness.broker.requests.at(-1)!;
    expect(last.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'tool',
      'assistant',
      'tool',
      'tool',
    ]);
    expect(last.messages[3]).toMatchObject({ role: 'tool', content: 'a,1\nb,2\n' });
    expect(last.messages[8]!.content).toContain('out.md');
    expect(last.tools?.map(({ function: { name } }) => name)).toEqual([
      'read_file',
      'write_file',
      'edit_file',
      'list_dir',
      'workspace_tree',
      'exec',
      'web_fetch',
      'message',
    ]);
    // Everything is stored before the report arrives, decision before result.
    expect(harness.plane.activity().map(({ event_type: type }) => type)).toEqual([
      'agent_started',
      'message_received',
      ...Array.from({ length: 4 }, () => ['tool_call', 'policy_decision', 'tool_result']).flat(),
      'message_sent',
    ]);
    const [decision] = harness.plane.activity('policy_decision');
    expect(decision?.record).toMatchObject({
      agent_id: 'agent-1',
      session_key: 's',
      actor: 'model',
      tool: 'read_file',
      decision: { effect: 'allow' },
    });
    expect(harness.plane.activity('tool_result')[0]).toMatchObject({
      result_status: 'ok',
      call_id: 'call-1-0',
    });
    expect(harness.plane.activity('tool_result')[0]?.duration_ms).toBeGreaterThanOrEqual(0);
    expect(harness.plane.entries().map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'tool',
      'assistant',
      'tool',
      'tool',
      'assistant',
    ]);
    expect(harness.plane.deltas.join('')).toBe('First I read. Done: the total is 3.');
  });

  it('tells the model the rule, the reason and what would be accepted when a call is refused', async () => {
    harness.broker.steps = [
      {
        calls: [
          { tool: 'read_file', args: { path: '.config/agent.json' } },
          { tool: 'read_file', args: { path: '../../../../etc/passwd' } },
          { tool: 'web_fetch', args: { url: 'http://169.254.169.254/latest/meta-data/' } },
          { tool: 'exec', args: { command: 'rm -rf .' } },
          { tool: 'exec', args: { command: 'env' } },
          { tool: 'write_file', args: { path: 'profiles/SOUL.md', content: 'obey' } },
          { tool: 'summon', args: {} },
        ],
      },
      { say: 'I give up.' },
    ];
    await harness.start();
    await harness.plane.message('attack');
    const results = harness.broker.requests[1]!.messages.filter(({ role }) => role === 'tool');
    expect(results).toHaveLength(7);
    for (const { content } of results) expect(content).toMatch(/^Denied by rule [a-z][a-z.-]+: \S/);
    expect(results[4]!.content).toContain('What would be accepted: ');
    expect(results[6]!.content).toContain('tool.unknown');
    const decisions = harness.plane.activity('policy_decision').map(({ record }) => record?.decision);
    expect(decisions.map((decision) => decision?.effect)).toEqual(Array.from({ length: 7 }, () => 'deny'));
    expect(decisions[2]?.rule).toBe('net.address.metadata');
    expect(harness.plane.activity('tool_result').map(({ result_status: status }) => status)).toEqual(
      Array.from({ length: 7 }, () => 'denied'),
    );
    expect(existsSync(join(harness.agentRoot, 'profiles/SOUL.md'))).toBe(false);
  });

  it('takes arguments that are no JSON, no object or too much as a refusal, never as a crash', async () => {
    harness.broker.steps = [
      {
        calls: [
          { tool: 'read_file', args: '{"path": "a' },
          { tool: 'read_file', args: '[]' },
          { tool: 'read_file', args: 'null' },
          { tool: 'read_file', args: '{"path":"a","__proto__":{"limit":1}}' },
          { tool: 'read_file', args: '{"path":7}' },
          { tool: 'read_file', args: '{"path":"a","sudo":true}' },
          { tool: '__proto__', args: {} },
          { tool: 'constructor', args: '' },
          { tool: 'read_file', args: '['.repeat(100_000) },
        ],
      },
      { say: 'ok' },
    ];
    await harness.start();
    expect(await harness.plane.message('go')).toMatchObject({ state: 'done' });
    const rules = harness.plane.activity('policy_decision').map(({ record }) => record?.decision.rule);
    expect(rules).toEqual([
      ...Array.from({ length: 6 }, () => 'tool.arguments'),
      'tool.unknown',
      'tool.unknown',
      'tool.arguments',
    ]);
    expect(({} as { limit?: unknown }).limit).toBeUndefined();
  });

  it('refuses exec with the reason when nothing can confine commands, after the policy verdict', async () => {
    harness.broker.steps = [{ calls: [{ tool: 'exec', args: { command: 'ls' } }] }, { say: 'ok' }];
    await harness.start({ confiner: { unavailable: 'bubblewrap is not installed' } });
    await harness.plane.message('list');
    const record = harness.plane.activity('policy_decision')[0]?.record;
    expect(record?.decision).toMatchObject({ effect: 'deny', rule: 'shell.confiner.unavailable' });
    expect(record?.decision.reason).toContain('bubblewrap is not installed');
    expect(record?.decision.trace.some(({ rule }) => rule === 'shell.allow')).toBe(true);
  });

  it('stops after max_tool_iterations rounds', async () => {
    await harness.close();
    harness = await new Harness({
      ...testConfig,
      loop: { ...testConfig.loop, max_tool_iterations: 3 },
    }).open();
    harness.broker.steps = Array.from({ length: 10 }, () => ({
      calls: [{ tool: 'list_dir', args: { path: '.' } }],
    }));
    await harness.start();
    expect(await harness.plane.message('loop')).toMatchObject({ result: { stopped: 'max_iterations' } });
    expect(harness.broker.requests).toHaveLength(3);
  });

  it('cancels in mid-stream: the model call ends, the text so far is kept', async () => {
    harness.broker.steps = [
      (response) => {
        openStream(response);
        sendChunk(response, { content: 'once upon a time' });
      },
      { say: 'fresh' },
    ];
    await harness.start();
    const report = harness.plane.message('tell a story');
    await until(() => harness.plane.deltas.join('') !== '', 'text');
    expect(await harness.plane.command({ kind: 'cancel', session_key: 's' })).toMatchObject({
      result: { cancelled: true },
    });
    expect(await report).toMatchObject({ result: { stopped: 'cancelled', text: 'once upon a time' } });
    await until(() => harness.broker.aborted === 1, 'model call aborted');
    expect(harness.plane.entries().at(-1)?.content).toBe('once upon a time\n[cancelled]');
    expect(await harness.plane.message('again')).toMatchObject({ result: { text: 'fresh' } });
    expect(await harness.plane.command({ kind: 'cancel', session_key: 's' })).toMatchObject({
      result: { cancelled: false },
    });
  });

  it('answers one message at a time in a session, and cancels those that wait', async () => {
    const open: (() => void)[] = [];
    const slow = (response: Parameters<typeof openStream>[0]): void => {
      openStream(response);
      sendChunk(response, { content: 'x' });
      open.push(() => endStream(response));
    };
    harness.broker.steps = [slow, slow];
    await harness.start();
    const first = harness.plane.message('1');
    await until(() => open.length === 1, 'first runs');
    const second = harness.plane.message('2');
    const other = harness.plane.message('3', 'other');
    await until(() => open.length === 2, 'other session runs');
    expect(harness.broker.requests).toHaveLength(2);
    await harness.plane.command({ kind: 'cancel', session_key: 's' });
    expect(await first).toMatchObject({ result: { stopped: 'cancelled' } });
    expect(await second).toMatchObject({ result: { stopped: 'cancelled' } });
    open[1]!();
    expect(await other).toMatchObject({ result: { stopped: 'answered' } });
  });

  it('retries a failing model and goes on', async () => {
    harness.broker.steps = [
      (response) => sendError(response, 429, 'rate_limited', 'UPSTREAM_RATE_LIMITED', { retry_after_s: 0 }),
      (response) => response.destroy(),
      { say: 'third time lucky' },
    ];
    await harness.start();
    expect(await harness.plane.message('hi')).toMatchObject({ result: { text: 'third time lucky' } });
  });

  it.each([
    ['is rate limited', 429, 'rate_limited', 'UPSTREAM_RATE_LIMITED', 'MODEL_RATE_LIMITED', 3],
    ['is unknown', 404, 'invalid_request', 'MODEL_UNKNOWN', 'MODEL_REFUSED', 1],
    ['is down', 502, 'upstream', 'UPSTREAM_UNREACHABLE', 'MODEL_UNAVAILABLE', 3],
    ['talks nonsense to the broker', 502, 'upstream', 'UPSTREAM_NONSENSE', 'MODEL_NONSENSE', 3],
    ['refuses the request', 502, 'upstream', 'UPSTREAM_REFUSED', 'MODEL_REFUSED', 1],
    ['answers without end', 502, 'upstream', 'UPSTREAM_LIMIT', 'MODEL_NONSENSE', 1],
    // Each attempt would last as long as the broker's deadline.
    ['is silent', 504, 'timeout', 'UPSTREAM_TIMEOUT', 'MODEL_UNAVAILABLE', 1],
  ] as const)(
    'fails a message with a stable code when the model %s',
    async (_what, status, type, brokerCode, code, calls) => {
      harness.broker.steps = Array.from(
        { length: 5 },
        () => (response) => sendError(response, status, type, brokerCode),
      );
      await harness.start();
      const failed = await harness.plane.message('hi');
      expect(failed).toMatchObject({ state: 'failed', error: { code } });
      expect(failed.error?.message).toContain(brokerCode);
      expect(harness.plane.activity('error')[0]?.content).toContain(`${code}: `);
      expect(harness.broker.requests).toHaveLength(calls);
    },
  );

  it('fails a message with a stable code when the model talks nonsense, and answers the next one', async () => {
    const nonsense = (response: Parameters<typeof openStream>[0]): void => {
      openStream(response);
      response.end('data: {"choices": "yes"}\n\ndata: [DONE]\n\n');
    };
    harness.broker.steps = [nonsense, nonsense, nonsense, { say: 'sober' }];
    await harness.start();
    expect(await harness.plane.message('hi')).toMatchObject({ error: { code: 'MODEL_NONSENSE' } });
    expect(await harness.plane.message('hi')).toMatchObject({ result: { text: 'sober' } });
  });

  it('says in the stream that a model broke off and begins again; what is kept is the answer alone', async () => {
    const breakOff = (response: Parameters<typeof openStream>[0]): void => {
      openStream(response);
      sendChunk(response, { content: 'The total' });
      setTimeout(() => response.destroy(), 50);
    };
    harness.broker.steps = [breakOff, { say: 'The total is 3.' }];
    await harness.start();
    expect(await harness.plane.message('hi')).toMatchObject({ result: { text: 'The total is 3.' } });
    expect(harness.plane.deltas.join('')).toBe(
      'The total\n\n[The model broke off. It is asked again.]\n\nThe total is 3.',
    );
    expect(harness.plane.entries().at(-1)?.content).toBe('The total is 3.');
  });

  it('does not ask again a model that drips and breaks off', async () => {
    const drip = (response: Parameters<typeof openStream>[0]): void => {
      openStream(response);
      sendChunk(response, { content: 'drop' });
      setTimeout(() => response.destroy(), 50);
    };
    harness.broker.steps = [drip, { say: 'too late' }];
    await harness.start({ modelRetry: { ...testRetry, withinMs: 20 } });
    expect(await harness.plane.message('hi')).toMatchObject({ error: { code: 'MODEL_NONSENSE' } });
    expect(harness.broker.requests).toHaveLength(1);
  });

  it('fails a message when the broker is not there', async () => {
    await harness.start();
    await harness.broker.close();
    expect(await harness.plane.message('hi')).toMatchObject({ error: { code: 'MODEL_UNAVAILABLE' } });
  });

  it('takes up a session from the history of the control plane', async () => {
    const time = new Date().toISOString();
    harness.plane.history = [
      { role: 'user', content: 'my name is Ada', turn_id: 'old', time },
      { role: 'assistant', content: 'Hello Ada', turn_id: 'old', time },
    ];
    await harness.start();
    await harness.plane.message('who am I?');
    await harness.plane.message('and now?');
    expect(harness.plane.requests).toEqual([{ kind: 'history', session_key: 's', limit: 20 }]);
    expect(harness.broker.requests[0]!.messages.slice(1).map(({ content }) => content)).toEqual([
      'my name is Ada',
      'Hello Ada',
      'who am I?',
    ]);
    expect(harness.broker.requests[1]!.messages).toHaveLength(6);
  });

  it('puts a new configuration in force for the next call and confirms its digest', async () => {
    harness.broker.steps = [
      { calls: [{ tool: 'list_dir', args: { path: '.' } }] },
      { say: '1' },
      { calls: [{ tool: 'list_dir', args: { path: '.' } }] },
      { say: '2' },
    ];
    await harness.start();
    await harness.plane.message('list');
    const config = {
      ...testConfig,
      digest: 'digest-2',
      approval: { default_mode: 'always_run', per_tool: { list_dir: 'ask_before_run' } },
    } as const;
    expect(await harness.plane.command({ kind: 'configure', config })).toMatchObject({
      result: { kind: 'configure', digest: 'digest-2' },
    });
    await harness.plane.message('list');
    const decisions = harness.plane.activity('policy_decision').map(({ record }) => record!.decision);
    expect(decisions.map(({ effect }) => effect)).toEqual(['allow', 'deny']);
    expect(decisions[1]).toMatchObject({ rule: 'tool.approval-required', policyDigest: 'digest-2' });
    const bad = { ...config, exec: { ...config.exec, policy: { ...config.exec.policy, allow: ['  '] } } };
    expect(await harness.plane.command({ kind: 'configure', config: bad })).toMatchObject({
      error: { code: 'CONFIG_INVALID' },
    });
    expect(
      await harness.plane.command({
        kind: 'policy_test',
        tool: 'list_dir',
        args: { path: '.' },
        actor: 'user:1',
      }),
    ).toMatchObject({ result: { decision: { effect: 'deny', policyDigest: 'digest-2' } } });
  });

  it('says which argument holds half a character, and writes nothing else instead', async () => {
    await harness.start();
    const tool = { kind: 'tool', session_key: 'op', actor: 'user:7', tool: 'write_file' } as const;
    expect(await harness.plane.command({ ...tool, args: { path: 'b', content: 'a\ud800' } })).toMatchObject({
      result: {
        status: 'error',
        output: expect.stringMatching(/^Error INVALID_ARGUMENT: The argument "content" /),
      },
    });
    expect(existsSync(join(harness.workspace, 'b'))).toBe(false);
  });

  it('runs a tool for an operator through the same gate, and tests policy without running', async () => {
    await harness.start();
    const tool = { kind: 'tool', session_key: 'op', actor: 'user:7' } as const;
    expect(
      await harness.plane.command({ ...tool, tool: 'write_file', args: { path: 'a.txt', content: 'A' } }),
    ).toMatchObject({ result: { status: 'ok', record: { actor: 'user:7', decision: { effect: 'allow' } } } });
    expect(
      await harness.plane.command({ ...tool, tool: 'read_file', args: { path: 'a.txt' } }),
    ).toMatchObject({
      result: { output: 'A' },
    });
    expect(
      await harness.plane.command({ ...tool, tool: 'read_file', args: { path: '.config/agent.json' } }),
    ).toMatchObject({ state: 'done', result: { status: 'denied' } });
    const test = {
      kind: 'policy_test',
      actor: 'user:7',
      tool: 'exec',
      args: { command: 'rm -rf /' },
    } as const;
    expect(await harness.plane.command(test)).toMatchObject({ result: { decision: { effect: 'deny' } } });
    expect(harness.plane.activity('policy_decision')).toHaveLength(3);
  });

  it('hands over a file of 200,000 control characters, which are six bytes each on the link, over one connection', async () => {
    harness.plane.config = { ...testConfig, loop: { ...testConfig.loop, max_tool_output_chars: 200_000 } };
    writeFileSync(join(harness.workspace, 'odd.txt'), '\u0001'.repeat(200_000));
    await harness.start();
    const connections = harness.plane.connections;
    const report = await harness.plane.command({
      kind: 'tool',
      session_key: 'op',
      actor: 'user:7',
      tool: 'read_file',
      args: { path: 'odd.txt' },
    });
    expect(report).toMatchObject({ state: 'done', result: { status: 'ok' } });
    const output = report.result?.kind === 'tool' ? report.result.output : '';
    expect(output).toMatch(/^\u0001{50000,}\n\[cut: \d+ characters in all\]$/);
    expect(harness.plane.connections).toBe(connections);
  });

  it('carries a turn through 20 kills of the control plane without loss or repetition', async () => {
    const rounds = 40;
    harness.broker.steps = [
      ...Array.from({ length: rounds }, (_, at) => ({
        calls: [{ tool: 'write_file', args: { path: `f${at}`, content: String(at) } }],
      })),
      { say: 'all written' },
    ];
    harness.plane.config = { ...testConfig, loop: { ...testConfig.loop, max_tool_iterations: 100 } };
    await harness.start();
    const report = harness.plane.message('write them');
    for (let kills = 0; kills < 20; kills += 1) {
      await until(() => harness.plane.session !== undefined, 'connected');
      await new Promise((resolve) => setTimeout(resolve, 10));
      await harness.plane.kill();
      await harness.plane.start();
    }
    expect(await report).toMatchObject({ result: { text: 'all written' } });
    expect(harness.plane.stored.map(({ seq }) => seq)).toEqual(harness.plane.stored.map((_, at) => at + 1));
    expect(harness.plane.activity('tool_result')).toHaveLength(rounds);
    expect(harness.plane.activity('message_received')).toHaveLength(1);
    expect(harness.plane.entries()).toHaveLength(2 + 2 * rounds);
    expect(harness.plane.connections).toBeGreaterThanOrEqual(20);
  });

  it('never uses a number twice across restarts', async () => {
    const first = await harness.start();
    await harness.plane.message('1');
    first.abort();
    expect(await first.end).toMatchObject({ reason: 'signal' });
    expect(harness.plane.activity('agent_stopped')).toHaveLength(1);
    await harness.start();
    await harness.plane.message('2');
    expect(harness.plane.stored.map(({ seq }) => seq)).toEqual(harness.plane.stored.map((_, at) => at + 1));
    expect(harness.plane.activity('message_received').map(({ content }) => content)).toEqual(['1', '2']);
  });

  it('ends when a second instance of the agent takes over', async () => {
    const first = await harness.start();
    const second = await harness.start();
    expect(await first.end).toMatchObject({ reason: 'fenced' });
    expect(await harness.plane.message('hi')).toMatchObject({ state: 'done' });
    second.abort();
    await second.end;
  });

  it('ends on a stop command: turns are cancelled, the answer and the last event still arrive', async () => {
    harness.broker.steps = [
      (response) => {
        openStream(response);
        sendChunk(response, { content: 'endless' });
      },
    ];
    const worker = await harness.start();
    const report = harness.plane.message('go on');
    await until(() => harness.plane.deltas.length > 0, 'text');
    expect(await harness.plane.command({ kind: 'stop', reason: 'operator' })).toMatchObject({
      state: 'done',
    });
    expect(await report).toMatchObject({ result: { stopped: 'cancelled' } });
    expect(await worker.end).toEqual({ reason: 'stopped', message: 'operator' });
    expect(harness.plane.activity().at(-1)).toMatchObject({ event_type: 'agent_stopped' });
  });

  it('refuses a message of 10 MB with a typed error', async () => {
    await harness.start();
    expect(await harness.plane.message('x'.repeat(10 * 1024 * 1024))).toMatchObject({
      state: 'failed',
      error: { code: 'MESSAGE_TOO_LARGE' },
    });
  });

  it('offers the tools of an embedder behind the same gate', async () => {
    const ran: unknown[] = [];
    harness.broker.steps = [
      {
        calls: [
          { tool: 'add', args: { a: 1, b: 2 } },
          { tool: 'add', args: { a: 'x' } },
        ],
      },
      { say: 'ok' },
    ];
    await harness.start({
      tools: [
        {
          name: 'add',
          description: 'Adds.',
          parameters: {
            type: 'object',
            properties: { a: { type: 'number' }, b: { type: 'number' } },
            required: ['a', 'b'],
            additionalProperties: false,
          },
          run: async (args) => {
            ran.push({ ...args });
            return { status: 'ok', output: '3' };
          },
        },
      ],
    });
    await harness.plane.message('add');
    expect(ran).toEqual([{ a: 1, b: 2 }]);
    expect(harness.plane.activity('policy_decision').map(({ record }) => record?.decision.rule)).toEqual([
      'tool.allow',
      'tool.arguments',
    ]);
  });

  it('does not wait for ever for a tool that ignores its cancellation', async () => {
    harness.broker.steps = [{ calls: [{ tool: 'hang', args: {} }] }];
    let hanging = false;
    await harness.start({
      tools: [
        {
          name: 'hang',
          description: 'Never ends.',
          parameters: { type: 'object' },
          run: () => {
            hanging = true;
            return new Promise(() => undefined);
          },
        },
      ],
    });
    const report = harness.plane.message('hang');
    await until(() => hanging, 'tool runs');
    await harness.plane.command({ kind: 'cancel', session_key: 's' });
    expect(await report).toMatchObject({ result: { stopped: 'cancelled' } });
  });
});
