import { issueToken, matchesDigest, parseToken, type IssuedToken, type ParsedToken } from './opaque-token.js';

/** The kinds of credentials that a worker presents. */
export type AgentCredentialKind = 'agent' | 'join';

/** Makes and checks the credentials of workers. It stores nothing: keep `lookup` and `digest`, show `token` once. */
export interface AgentTokens {
  /** Gives a long-lived token `cfa_…` for a worker that an operator runs by hand. */
  issueAgentToken(): IssuedToken;
  /** Gives a single-use join credential `cfj_…` for a worker that the control plane starts. */
  issueJoinCredential(): IssuedToken;
  /** Gives the parts of a well-formed credential of the kind, or undefined; asks no store. */
  parse(text: unknown, kind: AgentCredentialKind): ParsedToken | undefined;
  /** Whether the text is a credential of the kind that fits the stored digest; pass undefined when nothing is stored. */
  matches(text: unknown, kind: AgentCredentialKind, digest: string | undefined): boolean;
  /**
   * Gives the record that `find` knows for the credential when its digest fits, else undefined. Malformed text asks nothing.
   * Expiry, single use and revocation are the record's business.
   */
  authenticate<R extends { readonly digest: string }>(
    text: unknown,
    kind: AgentCredentialKind,
    find: (lookup: string) => Promise<R | undefined>,
  ): Promise<R | undefined>;
}

/** Gives the maker and checker of agent tokens and join credentials. */
export function createAgentTokens(): AgentTokens {
  return {
    issueAgentToken: () => issueToken('agent'),
    issueJoinCredential: () => issueToken('join'),
    parse: (text, kind) => parseToken(text, kind),
    matches(text, kind, digest) {
      const parsed = parseToken(text, kind);
      return parsed !== undefined && matchesDigest(parsed, digest);
    },
    async authenticate(text, kind, find) {
      const parsed = parseToken(text, kind);
      if (!parsed) return undefined;
      const record = await find(parsed.lookup);
      return matchesDigest(parsed, record?.digest) ? record : undefined;
    },
  };
}
