/** One ticket as stored. */
export interface TicketRecord {
  readonly lookup: string;
  /** Hex SHA-256 of the secret half. */
  readonly digest: string;
  readonly userId: string;
  readonly sessionId: string;
  /** What it admits to, for example `ui` or `process-logs:<agent id>`. */
  readonly purpose: string;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
}

/** Where tickets are kept. */
export interface TicketStore {
  insert(record: TicketRecord): Promise<void>;
  find(lookup: string): Promise<TicketRecord | undefined>;
  /** Marks an unused ticket as used: true for exactly one of any number of callers. */
  consume(lookup: string, at: Date): Promise<boolean>;
}
