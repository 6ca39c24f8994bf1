import type { ChatTool } from '@clawforce/protocol';

/** What a tool is called, what it is for, and what it takes. */
export interface ToolDefinition {
  readonly name: string;
  /** A sentence or two for the model. */
  readonly description: string;
  /** JSON Schema of the arguments: a closed object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Gives a definition in the shape that models are offered. */
export function toChatTool({ name, description, parameters }: ToolDefinition): ChatTool {
  return { type: 'function', function: { name, description, parameters } };
}
