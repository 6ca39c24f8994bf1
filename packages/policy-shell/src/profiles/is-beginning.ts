/** Whether a tool may take `given` for the name `whole`: each part between colons by its beginning (`m:fr`, `migrate:fresh`). */
export function isBeginning(given: string, whole: string): boolean {
  const parts = given.split(':');
  const wholes = whole.split(':');
  return (
    parts.length === wholes.length &&
    parts.every((part, at) => part !== '' && wholes[at]?.startsWith(part) === true)
  );
}
