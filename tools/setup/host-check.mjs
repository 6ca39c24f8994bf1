/** The `engines` range of the repository, as data: the lowest minor of each supported major. */
const FLOORS = new Map([
  [20, 19],
  [22, 13],
]);
const NEWEST_FLOOR_MAJOR = 24;

/** Gives a sentence that says what is wrong with this host and what to do, or `undefined` when nothing is. */
export function hostProblem(nodeVersion, platform) {
  if (platform === 'win32') {
    return 'Clawforce does not run on native Windows. Install WSL2 (https://learn.microsoft.com/windows/wsl/install) and run the same command inside it.';
  }
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number);
  const floor = FLOORS.get(major);
  const fits = major >= NEWEST_FLOOR_MAJOR || (floor !== undefined && minor >= floor);
  if (fits) return undefined;
  return `Clawforce needs Node.js 20.19 or newer of 20, 22.13 or newer of 22, or 24 and later; this is ${nodeVersion}. Install one from https://nodejs.org and run the same command again.`;
}
