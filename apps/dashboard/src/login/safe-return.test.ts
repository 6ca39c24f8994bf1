import { describe, expect, it } from 'vitest';
import { safeReturn } from './safe-return.js';

describe('the way back after signing in', () => {
  it.each(['/fleet?q=x', '/agents/a1/chat?session=s#top', '/'])('%s is followed', (to) => {
    expect(safeReturn(to)).toBe(to);
  });

  it.each([
    undefined,
    '',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/login?to=/login',
    '/claim',
  ])('%s leads to the start page, not to another site', (to) => {
    expect(safeReturn(to)).toBe('/');
  });
});
