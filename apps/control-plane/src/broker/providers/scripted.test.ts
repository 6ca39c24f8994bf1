import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatMessage } from '@clawforce/protocol';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { allChunks, answerOf, chatRequest, failureOf } from '../testing/provider-call.js';
import { scripted } from './scripted.js';

const user = (content: string): ChatMessage => ({ role: 'user', content });
const called = (id: string, name: string): ChatMessage => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name, arguments: '{}' } }],
});
const result = (id: string, content: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content });
const play = (script: unknown, ...messages: ChatMessage[]): ReturnType<typeof answerOf> =>
  answerOf(scripted(typeof script === 'string' ? script : stringify(script)), chatRequest({ messages }));

describe('the turn of a script', () => {
  const script = {
    turns: [
      { when: 'Weather', steps: [{ say: 'sunny' }] },
      { when: 'time', steps: [{ say: 'noon' }] },
      { steps: [{ say: 'first' }, { say: 'second' }] },
    ],
  };

  it('is the first whose text the last user message contains, in any case', async () => {
    expect((await play(script, user('what is the TIME and the weather?'))).text).toBe('sunny');
    expect((await play(script, user('weather'), user('Time?'))).text).toBe('noon');
  });

  it('is one without "when" for anything else', async () => {
    expect((await play(script, user('hello'))).text).toBe('first');
  });

  it('goes on by one step for each answer since the user spoke, so that a restart changes nothing', async () => {
    const spoken = [user('hello'), called('1', 'exec'), result('1', 'ok')];
    expect((await play(script, ...spoken)).text).toBe('second');
    expect((await play(script, ...spoken, user('again'))).text).toBe('first');
  });

  it('says so when the script has nothing more', async () => {
    const spoken = [user('time'), called('1', 'exec'), result('1', 'ok')];
    const answer = await play(script, ...spoken);
    expect(answer.text).toMatch(/nothing/);
    expect(answer.finish).toBe('stop');
  });

  it('may call several tools, each call with an id of its own', async () => {
    const answer = await play(
      { turns: [{ steps: [{ calls: [{ tool: 'a' }, { tool: 'b', args: { n: 1, deep: [{ x: 'y' }] } }] }] }] },
      user('go'),
    );
    const calls = answer.calls as { id: string; function: { name: string; arguments: string } }[];
    expect(answer.finish).toBe('tool_calls');
    expect(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments) as unknown])).toEqual(
      [
        ['a', {}],
        ['b', { n: 1, deep: [{ x: 'y' }] }],
      ],
    );
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  });

  it('streams its text word by word and loses no white space', async () => {
    const say = '  Two  words\n\nand more.\n';
    const chunks = await allChunks(scripted(stringify({ turns: [{ steps: [{ say }] }] })));
    const words = chunks.flatMap(({ choices }) => choices[0]!.delta.content ?? []);
    expect(words.length).toBeGreaterThan(4);
    expect(words.join('')).toBe(say);
  });

  it('waits as long as the step says, and no longer when the worker goes away', async () => {
    const adapter = scripted(stringify({ turns: [{ steps: [{ say: 'late', delay_ms: 120 }] }] }));
    const before = performance.now();
    await allChunks(adapter);
    expect(performance.now() - before).toBeGreaterThan(100);
    const controller = new AbortController();
    const slow = scripted(stringify({ turns: [{ steps: [{ say: 'a b c', word_delay_ms: 10_000 }] }] }));
    setTimeout(() => controller.abort(), 20);
    expect((await failureOf(slow, controller.signal)).code).toBe('UPSTREAM_TIMEOUT');
  });

  it.each([
    ['unreachable', 'UPSTREAM_UNREACHABLE'],
    ['rate_limited', 'UPSTREAM_RATE_LIMITED'],
    ['nonsense', 'UPSTREAM_NONSENSE'],
  ])('may rehearse a provider that is %s', async (fail, code) => {
    expect((await failureOf(scripted(stringify({ turns: [{ steps: [{ fail }] }] })))).code).toBe(code);
  });
});

describe('a template of a script', () => {
  const say = (template: string, vars: Record<string, string> = {}): unknown => ({
    vars,
    turns: [{ steps: [{ say: template }] }],
  });

  it('knows the message, the variables and the results of tools', async () => {
    const turns = [
      { steps: [{ say: 'x' }, { say: '{{ input }}|{{ vars.a }}|{{ result }}|{{ results.read_file }}' }] },
    ];
    const answer = await play(
      { vars: { a: 'A' }, turns },
      user('hello'),
      called('1', 'read_file'),
      result('1', 'content'),
    );
    expect(answer.text).toBe('hello|A|content|content');
  });

  it('computes totals of a CSV file', async () => {
    const csv = 'region,revenue\nnorth,120.5\nsouth,480\nnorth,75\n\n';
    const template =
      '{% assign rows = input | parse_csv %}{{ rows.size }}:{{ rows | map: "revenue" | sum }}:{{ rows | where: "region", "north" | map: "revenue" | sum }}';
    expect((await play(say(template), user(csv))).text).toBe('3:675.5:195.5');
  });

  it('treats what a tool answered as text: an attacker who writes a template into a file gets it back', async () => {
    const turns = [{ steps: [{ say: 'x' }, { say: 'I read: {{ result }}' }] }];
    const hostile = '{{ vars.secret }}{% include "/etc/passwd" %}';
    const answer = await play(
      { vars: { secret: 'S' }, turns },
      user('go'),
      called('1', 'read_file'),
      result('1', hostile),
    );
    expect(answer.text).toBe(`I read: ${hostile}`);
  });

  it.each(['include', 'render', 'layout'])(
    'reads no file of the control plane by {%% %s %%}',
    async (tag) => {
      const path = join(tmpdir(), `clawforce-script-${process.pid}.liquid`);
      writeFileSync(path, 'FILE CONTENT');
      for (const name of [path, `../../../../..${path}`, path.slice(1)]) {
        const failure = await failureOf(scripted(stringify(say(`{% ${tag} "${name}" %}`))));
        expect(failure.code).toBe('PROVIDER_MISCONFIGURED');
        expect(JSON.stringify(failure.toBody())).not.toContain('FILE CONTENT');
      }
    },
  );

  it.each([
    '{{ input.constructor.name }}',
    '{{ vars.__proto__ }}',
    '{{ vars.constructor.constructor }}',
    '{{ results.constructor }}',
    '{{ input.length.constructor }}',
  ])('reaches nothing behind the values: %s', async (template) => {
    expect((await play(say(template), user('hello'))).text).not.toMatch(/function|Object|String|native/);
  });

  it.each([
    ['a filter that does not exist', '{{ input | shell }}'],
    ['a tag that does not exist', '{% exec %}'],
    ['a tag that is not closed', '{% if input %}'],
    ['CSV that is none', '{{ "a,b\n\\"" | parse_csv }}'],
  ])('with %s is the provider misconfigured, in one line', async (_title, template) => {
    const failure = await failureOf(scripted(stringify(say(template))));
    expect(failure.code).toBe('PROVIDER_MISCONFIGURED');
    expect(failure.message).not.toContain('\n');
  });

  it.each([
    ['a loop without end', '{% for i in (1..100000000) %}{{ i }}{% endfor %}'],
    [
      'loops in loops',
      '{% for a in (1..3000) %}{% for b in (1..3000) %}{% for c in (1..3000) %}x{% endfor %}{% endfor %}{% endfor %}',
    ],
    [
      'text that doubles',
      '{% assign s = "xxxxxxxxxxxxxxxx" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}{{ s }}',
    ],
    [
      'text that doubles by capture',
      '{% assign s = "xxxxxxxxxxxxxxxx" %}{% for i in (1..60) %}{% capture s %}{{ s }}{{ s }}{% endcapture %}{% endfor %}{{ s }}',
    ],
    [
      'text that grows by replace',
      '{% assign s = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" %}{% for i in (1..30) %}{% assign s = s | replace: "a", "aaaaaaaa" %}{% endfor %}{{ s.size }}',
    ],
    ['padding of a date', '{{ 0 | date: "%900000000d" }}{{ 0 | date: "%900000000N" }}'],
    [
      'a list that doubles',
      '{% assign l = "a,b" | split: "," %}{% for i in (1..60) %}{% assign l = l | concat: l %}{% endfor %}{{ l.size }}',
    ],
    [
      'a CSV with a million columns',
      '{% assign s = "a," %}{% for i in (1..20) %}{% assign s = s | append: s %}{% endfor %}{{ s | parse_csv | json }}',
    ],
  ])('that is a bomb ends soon and small: %s', async (_title, template) => {
    const before = performance.now();
    const memory = process.memoryUsage().rss;
    let length = 0;
    try {
      const answer = await play(say(template), user('hello'));
      length = answer.text?.length ?? 0;
    } catch (error) {
      expect(error).toMatchObject({ code: 'PROVIDER_MISCONFIGURED' });
    }
    expect(length).toBeLessThanOrEqual(512 * 1024);
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(300 * 1024 * 1024);
  });
});

describe('a script that cannot be played', () => {
  it.each([
    ['no YAML', 'turns: [', /not YAML/],
    ['no turns', '{}', /turns/],
    ['an unknown field', 'turns: [{steps: [{say: a, shell: b}]}]', /\/turns\/0\/steps\/0/],
    ['a step that does nothing', 'turns: [{steps: [{}]}]', /steps\/0/],
    ['a tool without a name', 'turns: [{steps: [{calls: [{args: {}}]}]}]', /tool/],
    ['aliases, which could make a small text huge', 'a: &a [x]\nb: [*a, *a]\nturns: []', /alias/i],
    ['nothing at all', '', /not valid/],
    ['nesting without end', `turns: ${'['.repeat(20_000)}`, /not/],
  ])(
    'because of %s is the provider misconfigured, and the sentence names the place',
    async (_title, text, place) => {
      const failure = await failureOf(scripted(text));
      expect(failure.code).toBe('PROVIDER_MISCONFIGURED');
      expect(failure.message).toMatch(place);
      expect(failure.message).not.toContain('\n');
    },
  );

  it('may be JSON too', async () => {
    const text = JSON.stringify({ turns: [{ steps: [{ say: 'json' }] }] });
    expect((await play(text, user('x'))).text).toBe('json');
  });
});

describe('an owner or a hijacked worker that wants to stop the control plane with a script', () => {
  // Each one alone stays below the limit of one template.
  const slow = '{% for i in (1..60) %}{% for j in (1..1000) %}{% assign a = i %}{% endfor %}{% endfor %}';

  it('by many slow templates in one answer has one time budget for all of them', async () => {
    const calls = Array.from({ length: 50 }, () => ({ tool: 'x', args: { a: [slow, slow], b: slow } }));
    const started = performance.now();
    const failure = await failureOf(scripted(stringify({ turns: [{ steps: [{ calls }] }] })));
    expect(failure.code).toBe('PROVIDER_MISCONFIGURED');
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('by a message of 16 MiB that is compared with 500 turns is looked at in part only', async () => {
    const turns = Array.from({ length: 500 }, (_, index) => ({
      when: `${'a'.repeat(25)}b${index}`,
      steps: [{ say: 'x' }],
    }));
    const provider = scripted(stringify({ turns }));
    const started = performance.now();
    await answerOf(provider, chatRequest({ messages: [user('a'.repeat(16_000_000))] }));
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
