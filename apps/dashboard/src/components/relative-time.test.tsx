// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FullTime, RelativeTime } from './relative-time.js';

const NOW = new Date('2026-11-27T10:00:00.000Z');

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const before = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

test('a time is told in words, exactly on hover, and for machines', () => {
  render(<RelativeTime value={before(200)} />);
  const time = screen.getByText('3 min. ago');
  expect(time.getAttribute('datetime')).toBe(before(200));
  expect(time.title).toMatch(/^27 Nov 2026, \d\d:56:40 \S+$/);
});

test('it gets older by itself', () => {
  render(<RelativeTime value={before(2)} />);
  screen.getByText('just now');
  act(() => void vi.advanceTimersByTime(30_000));
  screen.getByText('32 sec. ago');
  act(() => void vi.advanceTimersByTime(3600_000));
  screen.getByText('1 hr. ago');
});

test('what is no time says so', () => {
  render(<RelativeTime value="soon" />);
  screen.getByText('unknown');
});

test('where one thing is read in full the exact time stands beside the words', () => {
  const { container } = render(<FullTime value={new Date(Date.now() - 65_000).toISOString()} />);
  expect(container.textContent).toMatch(/^1 min\. ago · \d{1,2} \w{3,4} \d{4}, \d\d:\d\d:\d\d/);
});
