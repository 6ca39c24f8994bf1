import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { ToolDefinition } from './tool-definition.js';

/** Arguments that fit the tool's schema, or the sentence that says what is wrong. */
export type ArgumentReading =
  | { readonly ok: true; readonly args: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string };

/** Checks the arguments of calls against the schemas of their tools. */
export class ArgumentReader {
  readonly #validators = new Map<string, ValidateFunction>();

  /** @throws TypeError for a schema that is not one, naming the tool. */
  constructor(definitions: readonly ToolDefinition[]) {
    const ajv = new Ajv({ strict: false, allErrors: false, ownProperties: true });
    for (const { name, parameters } of definitions) {
      try {
        this.#validators.set(name, ajv.compile(parameters));
      } catch (cause) {
        throw new TypeError(`the parameters of tool "${name}" are no JSON Schema`, { cause });
      }
    }
  }

  /** Reads arguments of any origin; what comes back is a frozen copy, safe against prototype tricks. */
  read(tool: string, raw: unknown): ArgumentReading {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      return { ok: false, reason: 'The arguments are no JSON object.' };
    }
    // Through JSON text: getters, shared references and prototypes of whoever calls do not come along.
    const copy = JSON.parse(JSON.stringify(raw)) as Record<string, unknown>;
    const validate = this.#validators.get(tool);
    if (!validate) return { ok: false, reason: 'There is no schema for this tool.' };
    if (!validate(copy)) return { ok: false, reason: explain(validate.errors?.[0]) };
    return { ok: true, args: Object.freeze(Object.assign(Object.create(null) as object, copy)) };
  }
}

function explain(error: ErrorObject | undefined): string {
  if (!error) return 'The arguments break the schema of the tool.';
  const place = error.instancePath.slice(1).replaceAll('/', '.').slice(0, 100);
  const { additionalProperty, missingProperty } = error.params as {
    additionalProperty?: string;
    missingProperty?: string;
  };
  if (missingProperty !== undefined) return `The argument "${missingProperty}" is missing.`;
  if (additionalProperty !== undefined) {
    return `The tool has no argument ${JSON.stringify(additionalProperty.slice(0, 100))}.`;
  }
  return `The argument "${place}" ${error.message ?? 'is not valid'}.`;
}
