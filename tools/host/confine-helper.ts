import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export { compileHelper, findCompiler, isStaticElf } from '../confine/compile.mjs';

let built: string | undefined;

/** Gives the path of the confinement helper for this machine, compiled when the sources are newer. Needs a C compiler. */
export function confineHelper(): string {
  if (built !== undefined) return built;
  const script = fileURLToPath(new URL('../confine/build.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 180_000 });
  const directory = `../../packages/policy-shell/dist/native/${process.platform}-${process.arch}`;
  const path = fileURLToPath(new URL(`${directory}/clawforce-confine`, import.meta.url));
  if (status !== 0 || !existsSync(path)) throw new Error(`the confinement helper was not built: ${stderr}`);
  built = path;
  return path;
}
