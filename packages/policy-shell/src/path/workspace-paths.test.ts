import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewWorkspace } from '../layers/view.js';
import { checkOptions } from '../policy-options.js';
import { buildFixture } from '../testing/corpus.js';
import { isPlainView, refusePath, type WorkspaceView } from './workspace-paths.js';

const names = fc.constantFrom(
  'src', 'a.txt', 'agent.json', 'AGENT.JSON', 'agent.jsonx', 'xagent.json', '.config', '.git', 'hooks', 'config', 'link-out', 'dangling',
  'inner', 'loop', 'etc', '..', '.', '', '.hidden', 'notes.txt', 'deep', 'missing', 'a b', 'é', 'ａgent.json', '...', '-x', '~',
); // prettier-ignore
const paths = fc
  .array(names, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/'))
  .chain((path) => fc.constantFrom(path, `./${path}`, `/${path}`, path.repeat(60)));

describe('the quick judgement of plain paths', () => {
  let fixture: ReturnType<typeof buildFixture>;
  const views: WorkspaceView[] = [];

  beforeAll(() => {
    fixture = buildFixture();
    const { workspace } = fixture;
    mkdirSync(join(workspace, 'src/deep'), { recursive: true });
    mkdirSync(join(workspace, '.git/info'), { recursive: true });
    mkdirSync(join(workspace, '.config'), { recursive: true });
    for (const [target, link] of [
      ['../secret', 'dangling'],
      ['src', 'inner'],
      ['loop', 'loop'],
      ['/etc', 'src/link-out'],
      ['../.config', 'src/inner'],
    ] as const) {
      rmSync(join(workspace, link), { force: true });
      symlinkSync(target, join(workspace, link));
    }
    const options = checkOptions({ workspace });
    for (const cwd of [undefined, 'src', 'src/deep', '.config', 'inner', 'inner/deep']) {
      const view = viewWorkspace(options, cwd);
      if ('rule' in view) throw new Error(`no view of ${String(cwd)}`);
      views.push(view);
    }
  });
  afterAll(() => fixture.remove());

  it('is the full judgement, in every directory and with every kind of link', () => {
    let quick = 0;
    fc.assert(
      fc.property(
        paths,
        fc.constantFrom('read', 'write', 'any', 'take', 'fill'),
        fc.nat(),
        (value: string, access, at) => {
          const view = views[at % views.length]!;
          const use = { value, span: [0, value.length] as const, access };
          expect([view.cwd, value, refusePath(use, view)]).toEqual([
            view.cwd,
            value,
            refusePath(use, { ...view, plain: false }),
          ]);
          if (view.plain) quick += 1;
        },
      ),
      { numRuns: 6_000 },
    );
    expect(quick).toBeGreaterThan(1_000);
  });

  it('is for ordinary directories of the workspace only', () => {
    const plain = views.filter((view) => view.plain).map(({ cwd }) => cwd.slice(fixture.workspace.length));
    expect(plain).toEqual(['', '/src', '/src/deep', '/inner', '/inner/deep']);
    const unrestricted = { ...views[0]!, restricted: false };
    expect(isPlainView(unrestricted)).toBe(false);
  });

  it('gives the same view of the workspace with and without its name', () => {
    const options = checkOptions({ workspace: fixture.workspace });
    expect(viewWorkspace(options, undefined)).toEqual(viewWorkspace(options, fixture.workspace));
    const linked = `${fixture.workspace}/../linked`;
    symlinkSync(fixture.workspace, linked);
    const through = viewWorkspace(checkOptions({ workspace: linked }), undefined);
    expect(through).toMatchObject({ realRoot: fixture.workspace });
  });
});
