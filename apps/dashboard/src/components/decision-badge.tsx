import { InertText } from './inert-text.js';
import { Badge, type Tone } from './badge.js';

const TONES: Readonly<Record<string, Tone>> = { allow: 'good', deny: 'bad', ask: 'warn' };
const WORDS: Readonly<Record<string, string>> = { allow: 'Allowed', deny: 'Refused', ask: 'Asks' };

/** The verdict of a policy in a word. */
export function DecisionBadge({ effect }: { readonly effect: string }) {
  return (
    <Badge tone={TONES[effect] ?? 'neutral'} dot>
      {WORDS[effect] ?? <InertText text={effect} limit={60} />}
    </Badge>
  );
}
