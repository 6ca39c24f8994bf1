const names =
  /^(?:metadata(?:\.google\.internal|\.goog)?|instance-data(?:\.ec2\.internal)?|100\.100\.100\.200|192\.0\.0\.192|168\.63\.129\.16|169\.254\.\d+\.\d+|\[?fd00:ec2::254\]?|\[?fe80:.*)$/i;

// A host whose last part begins with a letter is no number in any base, and reads the same to everyone.
const plainName = /^(?:https?:\/\/)?((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*)(?::\d+)?(?:[/?#][^@\\\s]*)?$/;

/**
 * Whether an address, with or without scheme, leads to a service that hands out credentials of the machine. Numbers in
 * every base, mapped IPv6 addresses, compatibility digits and a dot at the end stand for the same host.
 */
export function isMetadataAddress(address: string): boolean {
  // curl takes one slash and three for two.
  const text = address.trim().replace(/^([a-z][a-z0-9+.-]*:)\/{1,4}(?=[^/])/i, '$1//');
  const name = plainName.exec(text)?.[1];
  if (name !== undefined) return names.test(name);
  const written = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]*)/i.exec(text)?.[1] ?? '';
  return isMetadataHost(written) || isMetadataHost(normalHost(text));
}

function isMetadataHost(host: string): boolean {
  return names.test(host.replace(/\.$/, ''));
}

// As the WHATWG rules read it, which is how the resolvers behind the tools do.
function normalHost(text: string): string {
  try {
    const { hostname } = new URL(
      /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text.replace(/^[^:]*/, 'http') : `http://${text}`,
    );
    const mapped = /^\[::(?:ffff:(?:0:)?)?([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
    if (!mapped) return hostname;
    const [high, low] = [parseInt(mapped[1] ?? '', 16), parseInt(mapped[2] ?? '', 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  } catch {
    return '';
  }
}
