interface WithCode {
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown };
}

/** Whether an error of the client has this code (`P2002` unique, `P2003` foreign key, `P2025` not found). */
export function hasPrismaCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as WithCode).code === code;
}

/**
 * Whether the database refused because someone else holds it. The client reports it as `P1008` or `P2034`; at BEGIN and
 * outside the client the driver adapter's own error appears.
 */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause, meta } = error as WithCode;
  if (code === 'P1008' || code === 'P2034') return true;
  if (typeof cause === 'object' && cause !== null && 'kind' in cause) {
    return cause.kind === 'SocketTimeout' || cause.kind === 'TransactionWriteConflict';
  }
  // A caller may have wrapped it, as the audit trail does.
  return isBusy(meta?.driverAdapterError) || isBusy(cause);
}
