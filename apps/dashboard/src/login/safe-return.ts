/** Gives the path to return to, or the start page where `to` would leave this site. */
export function safeReturn(to: string | undefined): string {
  if (to === undefined || !to.startsWith('/')) return '/';
  // Browsers read `//host` and `/\host` as another site; a parser decides, as theirs does.
  const here = 'https://here.invalid';
  if (!URL.canParse(to, here)) return '/';
  const url = new URL(to, here);
  if (url.origin !== here || /^\/(login|claim)(\/|$)/.test(url.pathname)) return '/';
  return url.pathname + url.search + url.hash;
}
