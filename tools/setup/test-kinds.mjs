/** The projects of vitest in the order in which they are told, each with the files that it runs. */
export const TEST_KINDS = ['unit', 'integration', 'engine', 'e2e', 'clone'];

/** Installs and builds a clone, which takes about a minute; `npm test` runs it beside other things. */
export const CLONE_TEST = 'e2e/src/first-run.test.ts';

/** Gives the project that runs a test file, by its path below the repository. */
export function testKind(path) {
  if (path === CLONE_TEST) return 'clone';
  if (path.startsWith('e2e/')) return 'e2e';
  return /\.(integration|engine)\.test\.tsx?$/.exec(path)?.[1] ?? 'unit';
}

const asksForEngine = /requires\(\s*(?:'[a-z0-9-]+',\s*)*'(?:docker|compose)'/;

/**
 * Gives a sentence where the name of a test and what it requires differ. Whatever makes networks on the engine runs in
 * the project `engine`, one file at a time and beside the others (decision 0111).
 */
export function engineProblem(path, source) {
  const kind = testKind(path);
  if (kind === 'e2e' || kind === 'clone') return undefined;
  const asks = asksForEngine.test(source);
  if (asks === (kind === 'engine')) return undefined;
  return asks
    ? `${path} requires a container engine: call it ${path.replace(/(\.integration)?\.test\./, '.engine.test.')}`
    : `${path} is named a test of the container engine and requires none`;
}
