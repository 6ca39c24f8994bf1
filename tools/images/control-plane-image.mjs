import { pathToFileURL } from 'node:url';
import { ensureAppImage } from './app-image.mjs';

/** Builds the control plane's image and gives its tag; see {@link ensureAppImage}. */
export function ensureControlPlaneImage(options = {}) {
  return ensureAppImage({ ...options, app: 'control-plane' });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [base] = process.argv.slice(2);
  console.log(
    await ensureControlPlaneImage({ say: (sentence) => console.error(sentence), ...(base ? { base } : {}) }),
  );
}
