import express, { type RequestHandler } from 'express';
import { describe, expect, test } from 'vitest';
import { createAuthorizer } from '../rbac/authorizer.js';
import { defaultMatrix } from '../rbac/default-matrix.js';
import { createGuard } from './guard.js';
import { assertAllRoutesGuarded, listRoutes } from './route-inventory.js';

const guard = createGuard(createAuthorizer(defaultMatrix), { authenticate: () => undefined });
const list = guard('agent:list');
const handler: RequestHandler = (_request, response) => void response.end();

const faultsOf = (app: express.Express | express.Router, options?: { public?: string[] }): string => {
  try {
    assertAllRoutesGuarded(app, options);
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('assertAllRoutesGuarded', () => {
  test('names every route without a guard, in nested routers too', () => {
    const app = express();
    const outer = express.Router();
    const inner = express.Router();
    app.get('/open', handler);
    outer.get('/good', list, handler);
    outer.put(['/a', '/b'], handler);
    inner.delete('/deep', handler);
    inner.patch(/^\/x\d+$/, handler);
    outer.use('/inner/:id', inner);
    app.use('/outer', outer);
    const message = faultsOf(app);
    for (const route of [
      'GET /open',
      'PUT /outer{/a,/b}',
      'DELETE /outer/inner/:id/deep',
      'PATCH /outer/inner/:id^\\/x\\d+$',
    ]) {
      expect(message).toContain(`${route} has no guard`);
    }
    expect(message).not.toContain('/good');
  });

  test('a guard that is not the first handler does not count: something ran before it', () => {
    const app = express();
    app.post('/late', express.json(), list, handler);
    expect(faultsOf(app)).toContain('POST /late has no guard');
  });

  test('a guard for one method does not cover another of the same route', () => {
    const app = express();
    app.route('/thing').get(list, handler).post(handler);
    expect(faultsOf(app)).toContain('POST /thing has no guard');
    expect(faultsOf(app)).not.toContain('GET /thing');
  });

  test('a handler for all methods needs a guard of its own', () => {
    const router = express.Router();
    router.all('/all', handler);
    expect(faultsOf(router)).toContain('ALL /all has no guard');
    const app = express();
    app.all('/everything', handler);
    expect(faultsOf(app)).toContain('DELETE /everything has no guard');
  });

  test('a guard put in front by use covers what follows on its path, and nothing before or beside it', () => {
    const app = express();
    const admin = express.Router();
    admin.get('/inside', handler);
    const other = express.Router();
    other.get('/outside', handler);
    app.get('/before', handler);
    app.use('/admin', list, admin);
    app.use('/other', other);
    const whole = express.Router();
    whole.use(list);
    whole.get('/after', handler);
    app.use('/whole', whole);
    expect(faultsOf(app)).toBe(
      'routes without a guard:\n  GET /before has no guard\n  GET /other/outside has no guard',
    );
  });

  test('being public is not inherited: one line cannot open what is added later', () => {
    const app = express();
    app.use(guard.public('a mistake'));
    app.get('/secret', handler);
    expect(faultsOf(app)).toContain('GET /secret has no guard');
  });

  test('a mounted application cannot be looked into, so it is refused unless a guard stands before it', () => {
    const inner = express();
    inner.get('/x', handler);
    const open = express();
    open.use('/sub', inner);
    expect(faultsOf(open)).toContain('USE /sub has no guard');
    const closed = express();
    closed.use('/sub', list, inner);
    expect(faultsOf(closed)).toBe('none');
  });

  test('with a list, a public route that is not on it and a listed one that is none are named', () => {
    const app = express();
    app.get('/healthz', guard.public('probe'), handler);
    app.get('/oops', guard.public('forgotten'), handler);
    expect(faultsOf(app)).toBe('none');
    const message = faultsOf(app, { public: ['GET /healthz', 'GET /gone'] });
    expect(message).toContain('GET /oops is public and not on the list');
    expect(message).toContain('GET /gone is on the list of public routes and is none');
    expect(message).not.toContain('healthz');
  });

  test('with a router that does not keep mount paths, a guard on a path covers nothing', () => {
    const app = express();
    app.use('/admin', list);
    app.get('/secret', handler);
    const inner = express.Router();
    inner.get('/deep', handler);
    app.use('/inner', inner);
    for (const layer of app.router.stack as unknown as { rawPath?: string }[]) delete layer.rawPath;
    expect(faultsOf(app)).toContain('GET /secret has no guard');
    expect(faultsOf(app)).toContain('GET /(unknown)/deep has no guard');
  });

  test('refuses what it cannot walk instead of finding nothing wrong', () => {
    for (const thing of [{}, { router: {} }, { stack: 'x' }])
      expect(() => listRoutes(thing)).toThrow(TypeError);
  });

  test('gives the inventory with action and reason', () => {
    const app = express();
    app.get('/', guard.public('the page'), handler);
    app.get('/agents', list, handler);
    expect(assertAllRoutesGuarded(app)).toEqual([
      { method: 'GET', path: '/', public: 'the page' },
      { method: 'GET', path: '/agents', action: 'agent:list' },
    ]);
  });
});
