import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Decision } from '@clawforce/policy-core';
import type { CommandReport } from '@clawforce/protocol';
import { Harness, testConfig } from '../testing/harness.js';

describe('web_fetch in a worker', () => {
  let harness: Harness;
  beforeEach(async () => {
    const loop = { ...testConfig.loop, max_tool_output_chars: 2_000 };
    harness = await new Harness({ ...testConfig, loop }).open();
    await harness.start();
  });
  afterEach(async () => {
    await harness.close();
    expect(harness.plane.breaches).toEqual([]);
  });
  const fetchPage = (args: Record<string, unknown>): Promise<CommandReport> =>
    harness.plane.command({ kind: 'tool', session_key: 'op', actor: 'user:1', tool: 'web_fetch', args });
  const url = 'https://example.org/page';

  it('gives a page as Markdown with its status and address', async () => {
    harness.broker.pages.set(url, { type: 'text/html', body: '<title>T</title><p>Hello <b>you</b></p>' });
    expect(await fetchPage({ url })).toMatchObject({
      result: { status: 'ok', output: `[200 ${url}]\n\n# T\n\nHello **you**` },
    });
  });

  it('formats JSON, cuts at max_chars and says so', async () => {
    harness.broker.pages.set(url, {
      type: 'application/json',
      body: JSON.stringify({ a: 'x'.repeat(5_000) }),
    });
    const report = await fetchPage({ url, max_chars: 300 });
    const output = report.result?.kind === 'tool' ? report.result.output : '';
    expect(output).toContain('{\n  "a": "xxx');
    expect(output).toContain('[cut: ');
    expect(output.length).toBeLessThanOrEqual(300);
  });

  it.each([
    [
      'of HTML, whose beginning alone is formatted',
      'text/html',
      3,
      0,
      [/^\[only the first 2097152 characters of its HTML/m],
    ],
    ['as long as what is read', 'text/plain', 4, 0, []],
    ['longer by one byte', 'text/plain', 4, 1, [/^\[only the first 4194304 bytes were read\]$/m]],
  ])(
    'says what was cut of a page %s, and nothing of one that is whole',
    async (_name, type, mib, more, says) => {
      const [before, after] = ['<script>', '</script><p>end'];
      const length = mib * 1024 * 1024 + more - before.length - after.length;
      harness.broker.pages.set(url, { type, body: before + 'x'.repeat(length) + after });
      const report = await fetchPage({ url });
      const output = report.result?.kind === 'tool' ? report.result.output : '';
      expect(output.match(/^\[only the first/gm) ?? []).toHaveLength(says.length);
      for (const what of says) expect(output).toMatch(what);
    },
  );

  it('refuses binary data and reports the failure of a server', async () => {
    harness.broker.pages.set(url, { type: 'image/png', body: Buffer.from([1, 2, 3]) });
    expect(await fetchPage({ url })).toMatchObject({
      result: { status: 'error', output: expect.stringContaining('NOT_TEXT') },
    });
    expect(await fetchPage({ url: 'https://example.org/none' })).toMatchObject({
      result: { status: 'error', output: expect.stringContaining('UPSTREAM_UNREACHABLE') },
    });
    harness.broker.pages.set(url, { type: 'text/plain', body: 'gone', status: 404 });
    expect(await fetchPage({ url })).toMatchObject({
      result: { status: 'error', output: `[404 ${url}]\n\ngone` },
    });
  });

  it('takes a page that the broker refused by its media type for a failure, and other refusals for what they are', async () => {
    const refusal = (rule: string): Decision => ({
      ...{ effect: 'deny', layer: 'response', rule, input: url, policyDigest: '', trace: [] },
      reason: 'The media type of the response (status 404, image/png) is not admitted.',
    });
    harness.broker.refusals.set(url, refusal('net.response.content-type'));
    const report = await fetchPage({ url });
    expect(report).toMatchObject({ result: { status: 'error', record: { decision: { effect: 'allow' } } } });
    expect(report.result?.kind === 'tool' ? report.result.output : '').toBe(
      `Error NOT_TEXT: ${url}: The media type of the response (status 404, image/png) is not admitted. web_fetch reads text, HTML and JSON.`,
    );
    harness.broker.refusals.set(url, refusal('net.redirect.name'));
    expect(await fetchPage({ url })).toMatchObject({
      result: { status: 'denied', record: { decision: { effect: 'deny', rule: 'net.redirect.name' } } },
    });
  });

  it('never asks the broker for an address that the policy refuses', async () => {
    const report = await fetchPage({ url: 'http://169.254.169.254/latest/meta-data/' });
    expect(report).toMatchObject({
      result: { status: 'denied', record: { decision: { rule: 'net.address.metadata' } } },
    });
  });
});
