const SHAPE = /^[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?$/;

/**
 * Gives the form of a user name that is stored and looked up: NFKC, lower case, trimmed. Undefined when it is not a name:
 * 1 to 64 of a-z, 0-9 and `. _ @ + -`, with a letter or digit at both ends. Letters of other scripts are refused, so two
 * names never look alike.
 */
export function normaliseUsername(name: string): string | undefined {
  const normal = name.normalize('NFKC').trim().toLowerCase();
  return SHAPE.test(normal) ? normal : undefined;
}
