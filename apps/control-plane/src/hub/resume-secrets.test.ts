import { describe, expect, it } from 'vitest';
import { ResumeSecrets } from './resume-secrets.js';

describe('resume secrets', () => {
  it('accept nothing before the first is issued', () => {
    const secrets = new ResumeSecrets();
    expect(secrets.accept('')).toBe(false);
    expect(secrets.currentDigest).toBeUndefined();
  });

  it('accept the newest one again and again', () => {
    const secrets = new ResumeSecrets();
    const first = secrets.issue();
    expect([secrets.accept(first), secrets.accept(first)]).toEqual([true, true]);
  });

  it('accept the one before until the newest is used, and never again', () => {
    const secrets = new ResumeSecrets();
    const first = secrets.issue();
    secrets.accept(first);
    const second = secrets.issue();
    expect(secrets.accept(first)).toBe(true);
    expect(secrets.accept(second)).toBe(true);
    expect(secrets.accept(first)).toBe(false);
  });

  it('keep the one that the worker holds although ten newer ones got lost on the wire', () => {
    const secrets = new ResumeSecrets();
    const held = secrets.issue();
    secrets.accept(held);
    const lost = Array.from({ length: 10 }, () => secrets.issue());
    expect(secrets.accept(held)).toBe(true);
    expect(lost.slice(0, -1).some((secret) => secrets.accept(secret))).toBe(false);
    expect(secrets.accept(lost.at(-1)!)).toBe(true);
  });

  it('are long, different, and kept as digests', () => {
    const secrets = new ResumeSecrets();
    const issued = new Set(Array.from({ length: 50 }, () => secrets.issue()));
    expect(issued.size).toBe(50);
    for (const secret of issued) expect(Buffer.from(secret, 'base64url').byteLength).toBe(32);
    expect(JSON.stringify(secrets)).toBe('{}');
    expect(secrets.currentDigest).toMatch(/^[0-9a-f]{64}$/);
  });
});
