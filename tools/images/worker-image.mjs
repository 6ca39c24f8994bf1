import { pathToFileURL } from 'node:url';
import { ensureAppImage } from './app-image.mjs';
import { ensureDrillProbe } from './drill-probe.mjs';

async function drillProbe() {
  const from = await ensureDrillProbe();
  return from === undefined ? [] : [{ from, to: 'bin/clawforce-drill-probe', program: true }];
}

/** Builds the worker image and gives its tag; see {@link ensureAppImage}. */
export function ensureWorkerImage(options = {}) {
  return ensureAppImage({ ...options, app: 'worker', extras: drillProbe });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [base] = process.argv.slice(2);
  console.log(
    await ensureWorkerImage({ say: (sentence) => console.error(sentence), ...(base ? { base } : {}) }),
  );
}
