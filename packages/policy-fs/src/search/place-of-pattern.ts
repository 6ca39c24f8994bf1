import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Locator, ZonePath } from '../walk/locate.js';
import { compileGlob, type GlobState } from './compile-glob.js';
import { expandBraces } from './expand-braces.js';
import { tooComplex } from './too-complex.js';

const MAX_PATTERN = 1024;

/** Where a pattern is looked for, and what may match there. */
export interface PatternPlace {
  /** The directory below which everything is that can match. */
  readonly base: ZonePath;
  readonly start: GlobState;
}

/**
 * Judges the spelling of a pattern as that of a path, each alternative of its braces by itself, so that none means another
 * zone than it names.
 *
 * @throws AgentFSError as for paths; `INVALID_PATH` for alternatives in several zones and for patterns that are too
 * complex.
 */
export function placeOfPattern(locator: Locator, pattern: string, dot: boolean): PatternPlace {
  locator.gate(pattern);
  if (pattern.length > MAX_PATTERN) throw tooComplex('The pattern is too long.');
  const named = expandBraces(pattern)
    .filter((alternative) => alternative !== '')
    .map((alternative) => locator.gate(alternative))
    .filter((gated): gated is ZonePath => gated.zone !== undefined);
  const zone = named[0]?.zone;
  if (named.some((gated) => gated.zone !== zone)) {
    throw new AgentFSError('INVALID_PATH', {
      reason: 'The alternatives of the pattern are in several zones.',
      hint: 'Search each of them by itself.',
    });
  }
  const { base, start } = compileGlob(
    named.map(({ names }) => names),
    dot,
  );
  const root = zone?.name ?? '.';
  return { base: locator.gateInZone(base.length === 0 ? root : `${root}/${base.join('/')}`), start };
}
