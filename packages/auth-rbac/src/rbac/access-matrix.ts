/**
 * How far a role's permission for an action reaches: `any` object, objects that the principal owns (`own`), or the object
 * that the principal itself is (`self`, for agents).
 */
export type Grant = 'any' | 'own' | 'self';

/** One action that something in the product may ask for. */
export interface ActionRule {
  /** The type of resource that it acts on, or `none`. An action on a resource is denied when none is given. */
  readonly on: string;
  /** One line for the generated reference. */
  readonly summary: string;
}

/** Who may do what, as data. */
export interface AccessMatrix {
  /** The closed list of actions. Anything else is denied to everybody. */
  readonly actions: Readonly<Record<string, ActionRule>>;
  /** The closed list of roles and what each is granted; what is not listed is denied. */
  readonly roles: Readonly<Record<string, Readonly<Record<string, Grant>>>>;
  /**
   * For each resource type the action that stands for "may know that it exists". A principal without it is answered like for
   * a missing object; without an entry every refusal is answered so.
   */
  readonly visibility?: Readonly<Record<string, string>>;
}

/** Who asks, as the database knows it. */
export interface Principal {
  /** The user's or agent's id. */
  readonly id: string;
  /** Exactly one role. Anything else than a known role is denied everything. */
  readonly role: string | null | undefined;
  readonly disabled?: boolean;
}

/** Whether an account is switched off: everything but a plain `false` or nothing counts as that. */
export function isDisabled({ disabled }: Principal): boolean {
  const flag: unknown = disabled;
  return flag !== undefined && flag !== false;
}

/** What is acted on. */
export interface Resource {
  readonly type: string;
  readonly id: string;
  /** Null or absent means that nobody owns it: only a grant of `any` reaches it. */
  readonly ownerId?: string | null | undefined;
}

const GRANTS: readonly string[] = ['any', 'own', 'self'];
const NAME = /^[a-z][a-z0-9-]*$/;
const ACTION = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/;

/** Throws a TypeError that names what is wrong with a matrix. */
export function checkMatrix(matrix: AccessMatrix): void {
  const unchecked: unknown = matrix;
  if (typeof unchecked !== 'object' || unchecked === null)
    throw new TypeError('the matrix must be an object');
  for (const part of ['actions', 'roles'] as const) {
    const table: unknown = matrix[part];
    if (typeof table !== 'object' || table === null) throw new TypeError(`the matrix needs ${part}`);
  }
  for (const [action, rule] of Object.entries(matrix.actions)) {
    if (!ACTION.test(action))
      throw new TypeError(`action ${JSON.stringify(action)} must look like noun:verb`);
    if (!NAME.test(rule.on)) throw new TypeError(`action ${action} must say what it acts on`);
  }
  for (const [role, grants] of Object.entries(matrix.roles)) {
    if (!NAME.test(role))
      throw new TypeError(`role ${JSON.stringify(role)} must be lower-case letters, digits and "-"`);
    for (const [action, grant] of Object.entries(grants)) checkGrant(matrix, role, action, grant);
  }
  for (const [type, action] of Object.entries(matrix.visibility ?? {})) {
    if (!Object.hasOwn(matrix.actions, action) || matrix.actions[action]?.on !== type) {
      throw new TypeError(`visibility of ${type} must name an action on ${type}`);
    }
  }
}

function checkGrant(matrix: AccessMatrix, role: string, action: string, grant: string): void {
  if (!Object.hasOwn(matrix.actions, action))
    throw new TypeError(`role ${role} is granted the unknown action ${action}`);
  if (!GRANTS.includes(grant))
    throw new TypeError(`role ${role}: the grant of ${action} must be any, own or self`);
  if (grant === 'self' && matrix.actions[action]?.on === 'none') {
    throw new TypeError(`role ${role}: ${action} acts on nothing, so it cannot be granted for self`);
  }
}
