/** Gives the key under which an endpoint is compared. */
export function endpointKey(host: string, port: number): string {
  return `${host}|${port}`;
}
