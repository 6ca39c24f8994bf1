import { Ajv, type ValidateFunction } from 'ajv';

/** A JSON Schema as plain data. */
export type Schema = Readonly<Record<string, unknown>>;

// Fields that this version does not know are taken out, so that a newer peer of the same protocol version stays
// readable and nothing unexpected is stored. `discriminator` keeps that safe inside unions: one branch is looked at.
let ajv: Ajv | undefined;

/**
 * Gives a reader for values that came off the wire: the value itself, without unknown fields, or `undefined` when it
 * breaks the schema. The schema is compiled at the first use. The value is changed in place.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- ties a schema to its type by hand
export function reader<T>(schema: Schema): (raw: unknown) => T | undefined {
  let validate: ValidateFunction<T> | undefined;
  return (raw) => {
    ajv ??= new Ajv({ strict: true, strictRequired: false, discriminator: true, removeAdditional: true });
    validate ??= ajv.compile<T>(schema);
    return validate(raw) ? raw : undefined;
  };
}

/** Schema of a closed object: `required` names the mandatory properties. */
export function object(required: Schema, optional: Schema = {}): Schema {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}

/** Schema of a text with at most `maxLength` characters. */
export function text(maxLength: number, minLength = 0): Schema {
  return { type: 'string', maxLength, ...(minLength > 0 ? { minLength } : {}) };
}

/** Schema of one of some texts. */
export function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

/** Schema of a union of closed objects told apart by the constant in `property`. */
export function union(property: string, ...branches: readonly Schema[]): Schema {
  return {
    type: 'object',
    required: [property],
    discriminator: { propertyName: property },
    oneOf: branches,
  };
}
