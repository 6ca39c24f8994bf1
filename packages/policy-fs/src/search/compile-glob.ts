import picomatch from 'picomatch';

const MAGIC = /[*?[\]{}]/;

/** A compiled glob pattern: where to begin, and which names may follow. */
export interface Glob {
  /** The leading names without wildcards that all alternatives share. */
  readonly base: readonly string[];
  /** State before any name below the base. */
  readonly start: GlobState;
}

/** How far a pattern is matched by the names so far. */
export interface GlobState {
  /** What is here matches as a whole. */
  readonly matched: boolean;
  /** More names may lead to a match. */
  readonly open: boolean;
  /** The state after one more name. */
  next(name: string): GlobState;
}

type Segment = ((name: string) => boolean) | '**';

/**
 * Compiles the names of a pattern's alternatives, of `*`, `**`, `?` and `[...]`. Single names are matched by picomatch, `**`
 * by counting, so that no pattern of an agent takes exponential time.
 */
export function compileGlob(alternatives: readonly (readonly string[])[], dot: boolean): Glob {
  const base = sharedBase(alternatives);
  const programs = alternatives.map((names) =>
    names.slice(base.length).map((name): Segment => (name === '**' ? '**' : compileName(name, dot))),
  );
  return {
    base,
    start: state(
      programs,
      programs.map(() => new Set([0])),
      dot,
    ),
  };
}

/** Of a pattern without wildcards its last name is not part of the base: what matches is met below the base. */
function sharedBase(alternatives: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = alternatives.map((names) => {
    const magic = names.findIndex((name) => MAGIC.test(name));
    return names.slice(0, magic < 0 ? Math.max(names.length - 1, 0) : magic);
  });
  const differs = first.findIndex((name, at) => others.some((names) => names[at] !== name));
  return differs < 0 ? first : first.slice(0, differs);
}

function state(
  programs: readonly (readonly Segment[])[],
  reached: readonly ReadonlySet<number>[],
  dot: boolean,
): GlobState {
  const closed = reached.map((positions, index) => {
    const program = programs[index] ?? [];
    const all = new Set(positions);
    // A set grows while it is iterated: `**` may stand for no name at all.
    for (const at of all) if (program[at] === '**') all.add(at + 1);
    return all;
  });
  return {
    matched: closed.some((positions, index) => positions.has(programs[index]?.length ?? 0)),
    open: closed.some((positions, index) => [...positions].some((at) => at < (programs[index]?.length ?? 0))),
    next: (name) =>
      state(
        programs,
        closed.map((positions, index) => {
          const after = new Set<number>();
          for (const at of positions) {
            const segment = programs[index]?.[at];
            if (segment === '**' && (dot || !name.startsWith('.'))) after.add(at);
            else if (typeof segment === 'function' && segment(name)) after.add(at + 1);
          }
          return after;
        }),
        dot,
      ),
  };
}

/**
 * Gives a test for one name. picomatch compiles what is between the stars; the stars are matched by taking every piece at
 * its first place, because one expression with several stars takes a power of the length of a name.
 */
function compileName(name: string, dot: boolean): (name: string) => boolean {
  if (!MAGIC.test(name)) return (candidate) => candidate === name;
  const sources = piecesOf(name).map(sourceOf);
  const hidden = !dot && !name.startsWith('.');
  const [head = '', ...others] = sources;
  const tail = others.pop();
  if (tail === undefined) {
    const whole = new RegExp(`^${head}$`);
    return (candidate) => !(hidden && candidate.startsWith('.')) && whole.test(candidate);
  }
  const steps = [`^${head}`, ...others, `${tail}$`].map((source) => new RegExp(source, 'g'));
  return (candidate) => {
    if (hidden && candidate.startsWith('.')) return false;
    let at = 0;
    for (const step of steps) {
      step.lastIndex = at;
      if (!step.test(candidate)) return false;
      at = step.lastIndex;
    }
    return true;
  };
}

/** Splits a name at its stars. */
function piecesOf(name: string): string[] {
  const pieces = [''];
  for (const [at, character] of [...name.split('')].entries()) {
    if (character !== '*' || insideClass(name, at)) pieces.push(`${pieces.pop() ?? ''}${character}`);
    else if (name[at - 1] !== '*' || at === 0) pieces.push('');
  }
  return pieces;
}

/** Gives the expression for a piece without stars. */
function sourceOf(piece: string): string {
  if (piece === '') return '';
  // Parentheses, bars, plus signs and quotes would become parts of a regular expression.
  const literal = piece.replace(/[()|+"]/g, (sign, at: number) =>
    insideClass(piece, at) ? sign : `[${sign}]`,
  );
  const options = { contains: true, dot: true, nobrace: true, noextglob: true, nonegate: true, posix: true };
  return picomatch.makeRe(literal, options).source;
}

function insideClass(text: string, at: number): boolean {
  const open = text.lastIndexOf('[', at);
  return open >= 0 && text.indexOf(']', open + 1) > at;
}
