// The humps of `publishToMavenLocal`, which stays on this host.
const local = ['to', 'maven', 'local'];

/**
 * Whether gradle may take the name for a task that publishes: it knows a task by the beginnings of its humps too, in any case
 * (`pAPTMR`).
 */
export function publishesByGradle(value: string): boolean {
  const name = value.slice(value.lastIndexOf(':') + 1);
  if (!/^[A-Za-z]\w*$/.test(name)) return false;
  const [first = '', ...humps] = (name.match(/^[^A-Z]+|[A-Z][^A-Z]*/g) ?? []).map((hump) =>
    hump.toLowerCase(),
  );
  const begins = (whole: string, hump = '-'): boolean => whole.startsWith(hump);
  if (begins('publish', first) || /^publish/i.test(name)) {
    const end = humps.slice(-local.length);
    return end.length < local.length || !local.every((whole, at) => begins(whole, end[at]));
  }
  if (begins('upload', first)) return humps.length === 0 ? first.length > 1 : begins('archives', humps[0]);
  if (/^(?:uploadArchives|closeAndRelease)/i.test(name)) return true;
  return begins('close', first) && begins('and', humps[0]) && begins('release', humps[1]);
}
