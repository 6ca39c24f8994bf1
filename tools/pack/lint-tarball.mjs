import { readFile } from 'node:fs/promises';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { localBin } from '../setup/local-bin.mjs';
import { runNode } from '../setup/run-node.mjs';

/** Gives what publint finds in the tarball in strict mode, or undefined. */
export async function lintTarball(library, tarball) {
  const bytes = await readFile(tarball);
  const data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages } = await publint({ pack: { tarball: data }, strict: true });
  if (messages.length === 0) return undefined;
  return messages.map((message) => `${message.type}: ${formatMessage(message, library.manifest)}`).join('\n');
}

/** Gives what are-the-types-wrong finds for consumers that use ES modules, or undefined. */
export async function lintTypes(tarball) {
  const script = localBin('@arethetypeswrong/cli', 'attw');
  const args = [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'];
  const { code, output } = await runNode(script, args, { quiet: true, timeoutMs: 120_000 });
  return code === 0 ? undefined : output;
}
