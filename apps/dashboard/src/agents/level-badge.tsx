import { Badge, type Tone } from '../components/badge.js';

/** Names of the isolation levels as people see them (ARCHITECTURE section 6). */
export const LEVEL_NAMES: Readonly<Record<string, string>> = {
  permissive: 'Standard',
  sandboxed: 'Safe',
  privileged: 'Power',
};

const TONES: Readonly<Record<string, Tone>> = {
  permissive: 'neutral',
  sandboxed: 'info',
  privileged: 'warn',
};

/** The isolation level of an agent. */
export function LevelBadge({ level }: { readonly level: string }) {
  return <Badge tone={TONES[level] ?? 'neutral'}>{LEVEL_NAMES[level] ?? level}</Badge>;
}
