const WORDS: Readonly<Record<string, string>> = {
  matched: 'Attested',
  mismatched: 'Attestation failed',
  none: 'Not attested',
};

/** Says in words whether the control plane found the present worker as it was asked for. Anything unknown is no yes. */
export function attestationWord(attested: string): string {
  return Object.hasOwn(WORDS, attested) ? (WORDS[attested] ?? attested) : `Not attested (${attested})`;
}
