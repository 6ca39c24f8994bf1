import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessMatrix, Principal, Resource } from './access-matrix.js';
import { createAuthorizer } from './authorizer.js';
import { defaultMatrix } from './default-matrix.js';
import { renderMatrix } from './testing/render-matrix.js';

const authorizer = createAuthorizer(defaultMatrix);
const admin: Principal = { id: 'u1', role: 'admin' };
const agentOf = (ownerId?: string | null): Resource => ({ type: 'agent', id: 'a1', ownerId });
const effect = (principal: unknown, action: string, resource?: unknown): string =>
  authorizer.can(principal as Principal, action, resource as Resource).effect;
const rule = (principal: unknown, action: string, resource?: unknown): string =>
  authorizer.can(principal as Principal, action, resource as Resource).rule;

describe('the product matrix', () => {
  test('is what the reviewed golden file says, cell by cell: roles x actions x ownership', () => {
    const golden = readFileSync(
      new URL('../../test/vectors/default-matrix.golden.md', import.meta.url),
      'utf8',
    );
    expect(renderMatrix(defaultMatrix)).toBe(golden);
  });

  test('gives a superadmin every action on every object, owned or not', () => {
    const root: Principal = { id: 'u0', role: 'superadmin' };
    for (const [action, { on }] of Object.entries(defaultMatrix.actions)) {
      for (const owner of ['u0', 'u1', null]) {
        expect(effect(root, action, on === 'none' ? undefined : agentOf(owner))).toBe('allow');
      }
    }
  });

  test('lets nobody but a superadmin touch unowned agents or switch global settings', () => {
    for (const role of ['admin', 'viewer', 'agent']) {
      const principal = { id: 'u1', role };
      for (const [action, { on }] of Object.entries(defaultMatrix.actions)) {
        if (on === 'agent')
          for (const owner of [null, undefined, ''])
            expect(effect(principal, action, agentOf(owner))).toBe('deny');
      }
      for (const action of ['runtime:write', 'user:manage', 'audit:verify', 'secret:rotate', 'doctor:read']) {
        expect(effect(principal, action)).toBe('deny');
      }
      for (const action of ['policy:except', 'level:raise', 'safety:loosen', 'agent:reassign']) {
        expect(effect(principal, action, agentOf('u1'))).toBe('deny');
      }
    }
  });

  test('gives a viewer no action that changes anything', () => {
    const viewer = Object.keys(defaultMatrix.roles['viewer'] ?? {});
    expect(viewer.filter((action) => !/:(?:read|list|test)$/.test(action))).toEqual(['account:update']);
  });

  test('scopes lists', () => {
    expect(authorizer.scope({ id: 'u0', role: 'superadmin' }, 'agent:list')).toBe('all');
    expect(authorizer.scope(admin, 'agent:list')).toBe('own');
    expect(authorizer.scope(admin, 'audit:read')).toBe('own');
    expect(authorizer.scope({ id: 'u1', role: 'viewer' }, 'audit:read')).toBe('none');
    expect(authorizer.scope({ id: 'u1', role: 'agent' }, 'agent:list')).toBe('none');
    expect(authorizer.scope({ ...admin, disabled: true }, 'agent:list')).toBe('none');
    expect(authorizer.scope(undefined, 'agent:list')).toBe('none');
    expect(authorizer.scope(admin, 'agent:read')).toBe('none');
  });
});

describe('can', () => {
  test.each<{ role: unknown }>(
    [
      null,
      undefined,
      '',
      'root',
      'Admin',
      'ADMIN',
      'admin ',
      'admin,superadmin',
      '__proto__',
      'constructor',
      'toString',
      ['admin'],
      ['superadmin'],
      { role: 'superadmin' },
      { toString: () => 'superadmin' },
      0,
      true,
      Symbol('superadmin'),
      Object.create(null),
    ].map((role) => ({ role })),
  )('a role of $role gives nothing', ({ role }) => {
    for (const [action, { on }] of Object.entries(defaultMatrix.actions)) {
      const verdict = authorizer.can(
        { id: 'u1', role } as unknown as Principal,
        action,
        on === 'none' ? undefined : agentOf('u1'),
      );
      expect([verdict.effect, verdict.rule]).toEqual(['deny', 'rbac.role.unknown']);
    }
  });

  test.each<{ action: unknown }>(
    [
      '',
      'agent:destroy',
      'AGENT:READ',
      'agent:*',
      '*',
      '__proto__',
      'constructor',
      'toString',
      7,
      undefined,
      ['agent:read'],
    ].map((action) => ({ action })),
  )('an action of $action is denied to a superadmin too', ({ action }) => {
    expect(rule({ id: 'u0', role: 'superadmin' }, action as string, agentOf('u0'))).toBe(
      'rbac.action.unknown',
    );
  });

  test('the owner must be exactly the principal: no empty, prefix, type or case trick', () => {
    expect(effect(admin, 'agent:read', agentOf('u1'))).toBe('allow');
    for (const owner of [
      'u',
      'u11',
      'U1',
      ' u1',
      'u1 ',
      ['u1'],
      { toString: () => 'u1' },
      1,
      true,
      null,
      undefined,
      '',
    ]) {
      expect(effect(admin, 'agent:read', { type: 'agent', id: 'a1', ownerId: owner })).toBe('deny');
    }
    for (const id of ['', undefined, null, 0, ['u1']]) {
      expect(rule({ id, role: 'admin' }, 'agent:read', { type: 'agent', id: 'a1', ownerId: id })).toBe(
        'rbac.principal.missing',
      );
    }
  });

  test('nobody, a disabled account, a missing and a mistyped object are denied, each by its rule', () => {
    expect(rule(undefined, 'agent:read', agentOf('u1'))).toBe('rbac.principal.missing');
    expect(rule(null, 'agent:read', agentOf('u1'))).toBe('rbac.principal.missing');
    expect(rule('u1', 'agent:read', agentOf('u1'))).toBe('rbac.principal.missing');
    for (const disabled of [true, 1, 'true', null, {}]) {
      expect(rule({ ...admin, disabled }, 'agent:read', agentOf('u1'))).toBe('rbac.principal.disabled');
    }
    expect(rule(admin, 'agent:read')).toBe('rbac.resource.missing');
    expect(rule(admin, 'agent:read', null)).toBe('rbac.resource.missing');
    expect(rule(admin, 'agent:read', { type: 'agent', ownerId: 'u1' })).toBe('rbac.resource.missing');
    expect(rule(admin, 'agent:read', { type: 'drill', id: 'd1', ownerId: 'u1' })).toBe('rbac.resource.type');
    expect(rule(admin, 'agent:create', agentOf('u1'))).toBe('rbac.resource.type');
    expect(rule(admin, 'agent:read', agentOf('u2'))).toBe('rbac.owner.other');
    expect(rule(admin, 'agent:read', agentOf(null))).toBe('rbac.owner.none');
    expect(rule({ id: 'u1', role: 'viewer' }, 'agent:start', agentOf('u1'))).toBe('rbac.grant.missing');
  });

  test('gives a frozen decision that says who asked for what, under which matrix, and why', () => {
    const decision = authorizer.can(admin, 'agent:start', agentOf('u2'));
    expect(decision).toEqual({
      effect: 'deny',
      layer: 'ownership',
      rule: 'rbac.owner.other',
      reason: 'Somebody else owns the object.',
      input: 'admin u1: agent:start on agent a1',
      policyDigest: authorizer.digest,
      trace: [{ layer: 'ownership', rule: 'rbac.owner.other', effect: 'deny' }],
    });
    expect(Object.isFrozen(decision)).toBe(true);
  });

  test('a grant of self reaches the agent itself and no other', () => {
    const own = createAuthorizer({
      actions: { 'agent:report': { on: 'agent', summary: 'Report.' } },
      roles: { agent: { 'agent:report': 'self' } },
    });
    const worker: Principal = { id: 'a1', role: 'agent' };
    expect(own.can(worker, 'agent:report', { type: 'agent', id: 'a1', ownerId: 'u1' }).rule).toBe(
      'rbac.grant.self',
    );
    // An agent whose id is another agent's owner gains nothing by it.
    expect(own.can(worker, 'agent:report', { type: 'agent', id: 'a2', ownerId: 'a1' }).effect).toBe('deny');
  });

  test('a later change of the matrix object changes nothing', () => {
    const roles: Record<string, Record<string, 'any'>> = { viewer: {} };
    const copied = createAuthorizer({ actions: { 'agent:read': { on: 'none', summary: '' } }, roles });
    roles['viewer']!['agent:read'] = 'any';
    roles['root'] = { 'agent:read': 'any' };
    expect(copied.can({ id: 'u1', role: 'viewer' }, 'agent:read').effect).toBe('deny');
    expect(copied.can({ id: 'u1', role: 'root' }, 'agent:read').effect).toBe('deny');
  });
});

describe('can, for anything at all', () => {
  const odd = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true });
  const mostly = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd });
  const id = mostly(fc.constantFrom('u1', 'u1', 'u1', 'u2', ''));
  const role = mostly(fc.constantFrom(...Object.keys(defaultMatrix.roles), 'root', 'Admin'));
  const action = mostly(fc.constantFrom(...Object.keys(defaultMatrix.actions), 'agent:destroy'));
  const disabled = fc.constantFrom(undefined, undefined, undefined, false, false, true, null, 1);
  const principal = mostly(fc.record({ id, role, disabled }));
  const object = fc.record({ type: mostly(fc.constant('agent')), id, ownerId: id });
  const resource = mostly(
    fc.oneof({ weight: 3, arbitrary: object }, { weight: 1, arbitrary: fc.constant(undefined) }),
  );

  test('never throws, and allows only what the table grants to exactly this role and owner', () => {
    let allowed = 0;
    fc.assert(
      fc.property(principal, action, resource, (who, what, on) => {
        const verdict = authorizer.can(who as Principal, what as string, on as Resource);
        if (verdict.effect !== 'allow') return;
        allowed += 1;
        const {
          id: asker,
          role: of,
          disabled: off,
        } = who as { id: string; role: string; disabled?: unknown };
        const grant = defaultMatrix.roles[of]?.[what as string];
        const rule = (defaultMatrix.actions as Record<string, { on: string }>)[what as string];
        expect(
          typeof of === 'string' &&
            typeof asker === 'string' &&
            asker !== '' &&
            (off === undefined || off === false),
        ).toBe(true);
        expect(grant).toBeDefined();
        if (rule?.on === 'none') return;
        const thing = on as { type: string; ownerId: string };
        expect(thing.type).toBe(rule?.on);
        if (grant === 'own') expect(thing.ownerId).toBe(asker);
      }),
      { numRuns: 20_000 },
    );
    // The generator reaches what is granted, so the property is not about denials alone.
    expect(allowed).toBeGreaterThan(500);
  });

  test('breaks no log line, whatever it is given', () => {
    const { input } = authorizer.can(
      { id: 'u1\nfake', role: 'x'.repeat(10_000) },
      'a\u001b[31m',
      agentOf('u1\u2028'),
    );
    expect(input).toMatch(/^[\x20-\x7e]{1,300}$/);
  });
});

describe('createAuthorizer', () => {
  const good: AccessMatrix = {
    actions: {
      'agent:read': { on: 'agent', summary: 'Read.' },
      'agent:list': { on: 'none', summary: 'List.' },
    },
    roles: { admin: { 'agent:read': 'own' } },
  };
  test.each([
    ['matrix', null],
    ['actions', { ...good, actions: undefined }],
    ['roles', { ...good, roles: undefined }],
    ['noun:verb', { ...good, actions: { read: { on: 'agent', summary: '' } } }],
    ['acts on', { ...good, actions: { 'agent:read': { on: '', summary: '' } } }],
    ['unknown action', { ...good, roles: { admin: { 'agent:raed': 'own' } } }],
    ['unknown action', { ...good, roles: { admin: { toString: 'own' } } }],
    ['any, own or self', { ...good, roles: { admin: { 'agent:read': true } } }],
    ['for self', { ...good, roles: { admin: { 'agent:list': 'self' } } }],
    ['role', { ...good, roles: { 'Admin User': {} } }],
    ['visibility', { ...good, visibility: { agent: 'agent:list' } }],
  ])('refuses a matrix that is wrong: %s', (name, matrix) => {
    expect(() => createAuthorizer(matrix as AccessMatrix)).toThrow(TypeError);
    expect(() => createAuthorizer(matrix as AccessMatrix)).toThrow(name);
  });
});
