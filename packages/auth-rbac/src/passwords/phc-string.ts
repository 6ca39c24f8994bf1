/** Cost parameters of an argon2id hash. */
export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

const ARGON2ID =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{21,172}$/;

// A stored hash that asks for more memory than this would take the server down with it.
const MEMORY_LIMIT_KIB = 1024 * 1024;

/** Gives the cost parameters of an argon2id PHC string, or undefined when it is anything else. */
export function readArgon2Cost(hash: unknown): Argon2Cost | undefined {
  if (typeof hash !== 'string') return undefined;
  const match = ARGON2ID.exec(hash);
  if (!match) return undefined;
  const cost = { memoryKiB: Number(match[1]), timeCost: Number(match[2]), parallelism: Number(match[3]) };
  return cost.memoryKiB <= MEMORY_LIMIT_KIB ? cost : undefined;
}

/** Gives an argon2id PHC string of these parameters from raw salt and hash. */
export function writePhcString(cost: Argon2Cost, salt: Buffer, hash: Buffer): string {
  const text = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  const { memoryKiB, timeCost, parallelism } = cost;
  return `$argon2id$v=19$m=${memoryKiB},t=${timeCost},p=${parallelism}$${text(salt)}$${text(hash)}`;
}
