import { afterEach, beforeEach } from 'vitest';

const NAMES = ['offsetHeight', 'clientHeight', 'clientWidth'] as const;

/** Gives every element a size, which happy-dom does not: lists that show only what is visible then show something. */
export function giveHeight(pixels: number): void {
  beforeEach(() => {
    for (const name of NAMES)
      Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => pixels });
  });
  afterEach(() => {
    // What happy-dom itself has for them is further up, or gives 0.
    for (const name of NAMES)
      Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => 0 });
  });
}
