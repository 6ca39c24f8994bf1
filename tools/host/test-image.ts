import { ensureBaseImage } from '../images/base-image.mjs';
import { ensureWorkerImage } from '../images/worker-image.mjs';

let image: Promise<string> | undefined;

/** Gives the tag of the small image that tests start containers from; built once per machine, without a registry. */
export function testImage(): Promise<string> {
  image ??= ensureBaseImage();
  return image;
}

/** Carried by everything that tests make in an engine, so that they can take it away again. */
export const TEST_LABEL = 'clawforce.test';

let workerImage: Promise<string> | undefined;

/** Gives the tag of the worker image, made of what is built here and without a registry. */
export function testWorkerImage(): Promise<string> {
  workerImage ??= ensureWorkerImage();
  return workerImage;
}
