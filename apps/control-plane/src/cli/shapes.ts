/** An agent as the API shows it. */
export interface AgentShape {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: string;
  readonly desired: string;
  readonly reason: string | null;
  readonly since: string;
  readonly mode: string;
  readonly level: string;
  readonly attested: string;
  /** Missing from servers that do not tell. */
  readonly image?: { readonly name: string; readonly custom: boolean; readonly outdated: boolean } | null;
  readonly owner: { readonly username: string } | null;
  readonly is_demo: boolean;
  readonly created_at: string;
}

/** One page of a list. */
export interface PageShape<T> {
  readonly items: readonly T[];
  readonly next_cursor?: string;
}

/** A policy decision. */
export interface DecisionShape {
  readonly effect: 'allow' | 'deny' | 'ask';
  readonly layer: string;
  readonly rule: string;
  readonly reason: string;
  readonly hint?: string;
  readonly trace: readonly {
    readonly layer: string;
    readonly rule: string;
    readonly effect: string;
    readonly note?: string;
  }[];
}

/** A line of the activity stream. */
export interface ActivityShape {
  readonly id: number;
  readonly time: string;
  readonly source: string;
  readonly event: {
    readonly event_type: string;
    readonly session_key?: string;
    readonly content?: string;
    readonly tool_name?: string;
    readonly result_status?: string;
    readonly duration_ms?: number;
    readonly record?: { readonly decision: DecisionShape; readonly tool: string };
  };
}

/** A message on its way. */
export interface MessageShape {
  readonly id: string;
  readonly session_key: string;
  readonly state: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: string | null;
}

/** A line that a worker printed. */
export interface LineShape {
  readonly time: string;
  readonly stream: string;
  readonly text: string;
}
