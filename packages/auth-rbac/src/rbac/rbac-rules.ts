/** Every rule id that an authorizer's decisions carry, with its meaning; the README table is compared with it. */
export const RBAC_RULES = Object.freeze({
  'rbac.grant.any': 'The role may do this with every object.',
  'rbac.grant.own': 'The role may do this with objects that the principal owns.',
  'rbac.grant.self': 'The role may do this with the object that the principal is.',
  'rbac.grant.missing': 'The role has no permission for the action.',
  'rbac.principal.missing': 'Nobody asks, or the principal has no id.',
  'rbac.principal.disabled': 'The account is disabled.',
  'rbac.role.unknown': 'The principal has no role, or one that the matrix does not know.',
  'rbac.action.unknown': 'The matrix does not know the action.',
  'rbac.resource.missing': 'There is no such object.',
  'rbac.resource.type': 'The object is of another type than the action acts on.',
  'rbac.owner.other': 'Somebody else owns the object.',
  'rbac.owner.none': 'Nobody owns the object, and the role reaches only owned ones.',
} as const);

/** A rule id of an authorizer. */
export type RbacRule = keyof typeof RBAC_RULES;
