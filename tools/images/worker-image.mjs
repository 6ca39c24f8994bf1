import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { confineFlags, drillProbeFlags, nativeDirectory, probeSource } from '../confine/compile.mjs';
import { root } from '../setup/local-bin.mjs';
import { ensureAppImage } from './app-image.mjs';
import { ensureConfineHelper } from '../confine/ensure-helper.mjs';
import { ensureDrillProbe } from './drill-probe.mjs';

/** What the first stage of the Dockerfile compiles the native programs from. */
function sources() {
  const files = readdirSync(nativeDirectory).filter((name) => /\.[ch]$/.test(name));
  return [
    { from: join(root, 'tools/images/native/build.sh'), to: 'native/build.sh', program: true },
    ...files.map((name) => ({ from: join(nativeDirectory, name), to: `native/confine/${name}` })),
    { from: probeSource, to: 'native/drill-probe.c' },
    { to: 'native/confine.flags', text: `${confineFlags.join('\n')}\n` },
    { to: 'native/probe.flags', text: `${drillProbeFlags.join('\n')}\n` },
  ];
}

/** What an agent at the level privileged becomes root with where the base image has no sudo. */
const sudo = { from: join(root, 'apps/worker/image/sudo'), to: 'app/bin/sudo', program: true };

/** The same programs as this host compiles them; undefined where it cannot, and the stage of the Dockerfile has to. */
async function prebuilt(say) {
  let confine, probe;
  try {
    [confine, probe] = [ensureConfineHelper(), await ensureDrillProbe()];
  } catch (error) {
    say(`${error.message.split('\n', 1)[0]}; the image compiles them itself`);
  }
  if (confine === undefined || probe === undefined) return undefined;
  return [
    { from: confine, to: 'native/prebuilt/clawforce-confine', program: true },
    { from: probe, to: 'native/prebuilt/clawforce-drill-probe', program: true },
  ];
}

/**
 * Builds the worker image and gives its tag; see {@link ensureAppImage}. `compile: true` has the native programs compiled
 * in the Dockerfile's own stage also where this host has them.
 */
export function ensureWorkerImage({ compile = false, ...options } = {}) {
  return ensureAppImage({
    ...options,
    app: 'worker',
    besides: async ({ registry }) => {
      const made = registry || compile ? undefined : await prebuilt(options.say ?? (() => undefined));
      return {
        files: [...sources(), sudo, ...(made ?? [])],
        // It comes out of the stage.
        leftOut: (path) => /\/policy-shell\/dist\/native\//.test(path),
        needsNetwork: made === undefined && !compile,
      };
    },
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [base] = process.argv.slice(2);
  console.log(
    await ensureWorkerImage({ say: (sentence) => console.error(sentence), ...(base ? { base } : {}) }),
  );
}
