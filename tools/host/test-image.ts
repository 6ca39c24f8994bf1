import { ensureBaseImage } from '../images/base-image.mjs';

let image: Promise<string> | undefined;

/** Gives the tag of the small image that tests start containers from; built once per machine, without a registry. */
export function testImage(): Promise<string> {
  image ??= ensureBaseImage();
  return image;
}

/** Carried by everything that tests make in an engine, so that they can take it away again. */
export const TEST_LABEL = 'clawforce.test';
