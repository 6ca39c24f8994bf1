/** One-time links that set the first password; digests only. */
export interface SetupStore {
  /** Replaces every earlier link. */
  issue(token: { readonly digest: string; readonly userId: string; readonly expiresAt: Date }): Promise<void>;
  /** Gives the user of a valid link and uses it up in the same step; undefined when unknown, used or expired. */
  consume(digest: string): Promise<{ readonly userId: string } | undefined>;
  /** Whether the link would be accepted now. */
  valid(digest: string): Promise<boolean>;
  clear(): Promise<void>;
}
