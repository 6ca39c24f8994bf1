import { Badge, type Tone } from '../components/badge.js';

const LOOK: Readonly<Record<string, readonly [Tone, string]>> = {
  stopped: ['neutral', 'Stopped'],
  provisioning: ['busy', 'Starting'],
  connecting: ['busy', 'Connecting'],
  running: ['good', 'Running'],
  disconnected: ['warn', 'Disconnected'],
  failed: ['bad', 'Failed'],
};

/** The state of an agent as the server last confirmed it. */
export function StatusBadge({ status }: { readonly status: string }) {
  const [tone, word] = LOOK[status] ?? ['neutral', status];
  return (
    <Badge tone={tone} dot>
      {word}
    </Badge>
  );
}
