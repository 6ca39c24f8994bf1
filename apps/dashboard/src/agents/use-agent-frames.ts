import { useEffect, useEffectEvent } from 'react';
import { useLive } from '../live/live-context.js';
import type { Activity, Agent, Message } from '../api/api-types.js';

/** Text of a running turn, a piece at a time. */
export interface DeltaFrame {
  readonly agent_id: string;
  readonly session_key: string;
  readonly turn_id: string;
  readonly text: string;
}

/** What a component hears of an agent; all are optional. */
export interface AgentFrames {
  readonly onActivity?: (item: Activity) => void;
  readonly onDelta?: (frame: DeltaFrame) => void;
  readonly onMessage?: (message: Message) => void;
  readonly onStatus?: (agent: Agent) => void;
  /** The agent is gone, or no longer this person's. */
  readonly onRemoved?: () => void;
  /** Something was or may have been missed for good. `useAgentStream` reads again; this is for what a component keeps. */
  readonly onGap?: () => void;
  /** The stream goes on behind a cut; only activity is sent again. `useAgentStream` reads the rest. */
  readonly onResume?: () => void;
}

/**
 * Hears an agent live while the component is shown. Behind an interruption all missed activity comes first, each once and
 * in order.
 */
export function useAgentFrames(agentId: string, frames: AgentFrames): void {
  const live = useLive();
  const hear = useEffectEvent((name: string, body: unknown) => {
    switch (name) {
      case 'activity':
        frames.onActivity?.(body as Activity);
        break;
      case 'delta':
        frames.onDelta?.(body as DeltaFrame);
        break;
      case 'message':
        frames.onMessage?.(body as Message);
        break;
      case 'status':
        frames.onStatus?.(body as Agent);
        break;
      case 'removed':
        frames.onRemoved?.();
    }
  });
  const gap = useEffectEvent(() => frames.onGap?.());
  const resume = useEffectEvent(() => frames.onResume?.());
  useEffect(() => live.watchAgent(agentId, { onFrame: hear, onGap: gap, onResume: resume }), [live, agentId]);
}
