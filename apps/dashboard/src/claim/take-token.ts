let taken: string | undefined;

/** Gives the token of the one-time link and takes it out of the address bar and the history. */
export function takeToken(): string | undefined {
  const { hash, pathname } = window.location;
  if (hash.length > 1) {
    taken = hash.slice(1);
    window.history.replaceState(window.history.state, '', pathname);
  }
  return taken;
}
