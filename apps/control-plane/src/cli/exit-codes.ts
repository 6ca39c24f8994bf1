/** Exit codes of `clawforce`, listed in the README. */
export const EXIT_CODES = Object.freeze({
  ok: 0,
  /** The server refused or the work failed; the sentence on standard error says why. */
  failed: 1,
  /** `policy test`: the verdict is "ask". */
  ask: 2,
  /** The server does not run and the verb needs it. */
  serverNotRunning: 3,
  /** A setting or the command line is wrong (EX_USAGE of sysexits.h). */
  usage: 64,
});
