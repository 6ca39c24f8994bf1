/** Half of a surrogate pair, which has no UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Gives the Content-Disposition of a download under a name (RFC 6266, RFC 8187), whatever the name holds. */
export function attachment(fileName: string): string {
  const name = encodeURIComponent(fileName.replace(LONE_SURROGATE, '\uFFFD')).replace(
    // RFC 8187 section 3.2.1: these are no attr-char.
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${name}`;
}
