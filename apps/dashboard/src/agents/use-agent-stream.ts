import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { useLive } from '../live/live-context.js';
import type { Activity, Agent, Message } from '../api/api-types.js';
import { putAgent } from './use-fleet-stream.js';

/** Text of a running turn, a piece at a time. */
export interface DeltaFrame {
  readonly agent_id: string;
  readonly session_key: string;
  readonly turn_id: string;
  readonly text: string;
}

/** What a component hears of an agent; all are optional. */
export interface AgentStream {
  readonly onActivity?: (item: Activity) => void;
  readonly onDelta?: (frame: DeltaFrame) => void;
  readonly onMessage?: (message: Message) => void;
  /** Something was missed for good: read again what is shown. */
  readonly onGap?: () => void;
}

/**
 * Hears an agent live while the component is shown. The agent in the cache follows `status` frames by itself. Behind an
 * interruption everything missed comes first, each once and in order; `after` is the last activity id that is shown.
 */
export function useAgentStream(agentId: string, stream: AgentStream = {}, after?: number): void {
  const live = useLive();
  const queries = useQueryClient();
  const hear = useEffectEvent((name: string, body: unknown) => {
    switch (name) {
      case 'activity':
        stream.onActivity?.(body as Activity);
        break;
      case 'delta':
        stream.onDelta?.(body as DeltaFrame);
        break;
      case 'message':
        stream.onMessage?.(body as Message);
        break;
      case 'status':
        putAgent(queries, body as Agent);
        // It comes after a change of the settings, too, by whomever.
        for (const part of ['config', 'variables'])
          void queries.invalidateQueries({ queryKey: ['agent', agentId, part] });
        break;
      case 'removed':
        void queries.invalidateQueries({ queryKey: ['agent', agentId] });
    }
  });
  const gap = useEffectEvent(() => {
    void queries.invalidateQueries({ queryKey: ['agent', agentId] });
    stream.onGap?.();
  });
  const start = useEffectEvent(() => after);
  useEffect(() => live.watchAgent(agentId, { onFrame: hear, onGap: gap }, start()), [live, agentId]);
}
