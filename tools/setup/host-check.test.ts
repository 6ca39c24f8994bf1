import { expect, test } from 'vitest';
import { hostProblem } from './host-check.mjs';

test.each(['v20.19.0', 'v20.20.2', 'v22.13.0', 'v24.0.0', 'v26.1.0'])('%s is accepted', (version) => {
  expect(hostProblem(version, 'linux')).toBe(undefined);
  expect(hostProblem(version, 'darwin')).toBe(undefined);
});

test.each(['v18.20.0', 'v20.18.3', 'v21.7.0', 'v22.12.0', 'v23.11.0'])(
  '%s is refused by a sentence',
  (version) => {
    expect(hostProblem(version, 'linux')).toContain(`this is ${version}`);
  },
);

test('native Windows is refused by a sentence that points to WSL2', () => {
  expect(hostProblem('v24.0.0', 'win32')).toContain('WSL2');
});
