const TEMPORARY = /^\.clawforce-tmp-(\d+)-(\d+)-(\d+)-[0-9a-f]{16}$/;

/** Who is writing, as the name of a temporary file tells: a process of one process-id namespace, and its start. */
export interface Maker {
  readonly space: string;
  readonly pid: string;
  readonly start: string;
}

/** Gives the name of a temporary file: the one pattern that is kept for writes in progress. */
export function temporaryNameOf({ space, pid, start }: Maker, random: string): string {
  return `.clawforce-tmp-${space}-${pid}-${start}-${random}`;
}

/** Gives who made a temporary file, or `undefined` for every other name. */
export function makerOf(name: string): Maker | undefined {
  const [, space, pid, start] = TEMPORARY.exec(name) ?? [];
  return space === undefined || pid === undefined || start === undefined ? undefined : { space, pid, start };
}

/** Tells whether a name is of the pattern that is kept for writes in progress. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}
