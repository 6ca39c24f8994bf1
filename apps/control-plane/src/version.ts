import { readFileSync } from 'node:fs';

// Read from the package itself, so that a release needs no second place.
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Version of this package. */
export const VERSION = manifest.version;
