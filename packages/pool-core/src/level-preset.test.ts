import { describe, expect, it } from 'vitest';
import { ISOLATION_LEVELS, LEVEL_LOOSENESS, type IsolationLevel } from './isolation-level.js';
import { describeLevel } from './level-preset.js';

const levels = Object.keys(ISOLATION_LEVELS) as IsolationLevel[];

describe('the preset of a level', () => {
  it.each(levels)('%s has its name, and whole sentences only', (level) => {
    const { name, summary, protections, consequences } = describeLevel(level);
    expect(name).toBe(ISOLATION_LEVELS[level].uiName);
    for (const sentence of [summary, ...protections, ...consequences])
      expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(consequences.length).toBeGreaterThan(0);
  });

  it('protects less the looser it is', () => {
    const byLooseness = [...levels].sort((a, b) => LEVEL_LOOSENESS[a] - LEVEL_LOOSENESS[b]);
    const counts = byLooseness.map((level) => describeLevel(level).protections.length);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(new Set(counts).size).toBe(levels.length);
  });

  it('says in plain words what Power gives away and what Safe takes away', () => {
    expect(describeLevel('privileged')).toMatchObject({ name: 'Power', protections: [] });
    expect(describeLevel('privileged').consequences.join(' ')).toMatch(
      /root in its container.*worker included/,
    );
    expect(describeLevel('sandboxed').consequences.join(' ')).toMatch(
      /Nothing but the model.*cannot be installed/,
    );
    expect(describeLevel('permissive').protections.join(' ')).toContain('At most 1024 processes');
  });

  it('says where commands can dial past the policy proxy: only beside a network interface', () => {
    const says = (level: IsolationLevel): boolean =>
      describeLevel(level).consequences.some((sentence) => sentence.includes('one port number'));
    expect(levels.filter(says)).toEqual(['permissive']);
  });
});
