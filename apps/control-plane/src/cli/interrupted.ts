/** Gives a signal that Ctrl-C aborts: what follows comes to its end instead of being cut off. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
