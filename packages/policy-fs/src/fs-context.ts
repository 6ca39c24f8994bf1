import type { Settings } from './fs-settings.js';
import type { UsageMeter } from './write/usage-meter.js';
import type { Locator } from './walk/locate.js';

/** What every operation works with. */
export interface FsContext {
  readonly locator: Locator;
  readonly settings: Settings;
  readonly usage: UsageMeter;
}
