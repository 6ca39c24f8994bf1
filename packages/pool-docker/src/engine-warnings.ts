import type { EngineFacts } from './engine-facts.js';

type Triple = readonly [number, number, number];

interface FixedIn {
  readonly part: 'runcVersion' | 'version';
  readonly name: string;
  /** First good versions, one per maintained line, oldest first. */
  readonly fixed: readonly Triple[];
  readonly advisory: string;
}

/** Escapes that every container host should be patched against. */
const ADVISORIES: readonly FixedIn[] = [
  {
    part: 'runcVersion',
    name: 'runc',
    fixed: [
      [1, 2, 8],
      [1, 3, 3],
    ],
    advisory: 'CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881 (masked paths and procfs writes redirected)',
  },
  {
    part: 'runcVersion',
    name: 'runc',
    fixed: [[1, 1, 12]],
    advisory: 'CVE-2024-21626 (a leaked descriptor as working directory)',
  },
];

function triple(version: string): Triple | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

const before = (left: Triple, right: Triple): boolean =>
  left[0] !== right[0] ? left[0] < right[0] : left[1] !== right[1] ? left[1] < right[1] : left[2] < right[2];

function isFixed(version: Triple, fixed: readonly Triple[]): boolean {
  const sameLine = fixed.find((good) => good[0] === version[0] && good[1] === version[1]);
  if (sameLine) return !before(version, sameLine);
  const newest = fixed.at(-1);
  return newest !== undefined && !before(version, newest);
}

/** Gives one sentence for each known escape that the engine's version numbers do not rule out. */
export function engineWarnings(facts: EngineFacts): readonly string[] {
  return ADVISORIES.flatMap(({ part, name, fixed, advisory }) => {
    const version = facts[part];
    if (version === undefined)
      return [`${name} does not tell its version, so ${advisory} cannot be ruled out`];
    const parsed = triple(version);
    if (parsed && isFixed(parsed, fixed)) return [];
    const good = fixed.map((numbers) => numbers.join('.')).join(' or ');
    const distribution = /[+~-]/.test(version) ? '; the distribution may have patched it all the same' : '';
    return [`${name} ${version} is older than ${good}, which fixes ${advisory}${distribution}`];
  });
}
