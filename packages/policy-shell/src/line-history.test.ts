import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShellCommandPolicy } from './shell-command-policy.js';
import { buildFixture } from './testing/corpus.js';

describe('what earlier commands of a line make', () => {
  let fixture: ReturnType<typeof buildFixture>;
  beforeAll(() => {
    fixture = buildFixture();
    const place = (path: string): string => join(fixture.workspace, path);
    for (const directory of ['sub/deep', 'z', 'tree/lib', 'holder'])
      mkdirSync(place(directory), { recursive: true });
    for (const file of ['z/agent.json', 'sub/f', 'tree/lib/a.ts']) writeFileSync(place(file), '');
    symlinkSync('/etc', place('holder/etc'));
    symlinkSync('../.git/hooks', place('holder/hk'));
  });
  afterAll(() => fixture.remove());

  const rule = (command: string): string =>
    new ShellCommandPolicy({ workspace: fixture.workspace, relaxed: true }).check(command).rule;

  it.each([
    ['ln -s .. sub/x && mv sub/x w && cat w/f', 'shell.workspace.unsettled'],
    ['yarn run ln -s . q && cat q/agent.json', 'shell.workspace.protected'],
    ['ln -s .. sub/x; cp -a sub/x w; cat w/f', 'shell.workspace.unsettled'],
    ['ln -s .. sub/x && cp -a sub copy && cat copy/x/f', 'shell.workspace.unsettled'],
    ['mkdir t && ln -s ../sub t/v && mv t/v .', 'shell.workspace.unsettled'],
    ['mkdir -p t/u && ln -s .. t/u/v && mv t u && ls', 'shell.workspace.unsettled'],
    ['mkdir -p t/u && ln -s ../.. t/u/v && mv t/u x && ls x/v', 'shell.workspace.unsettled'],
    ['ln -s . q && cat q/agent.json', 'shell.workspace.protected'],
    ['ln -s . q && ln -s q r && cat r/agent.json', 'shell.workspace.protected'],
    ['ln -s .git q && tee q/hooks/pre-commit', 'shell.workspace.protected'],
    ['ln -s .git q && ls > q/hooks/pre-commit', 'shell.workspace.protected'],
    ['ln -s .git q && cd q && tee hooks/x', 'shell.workspace.unsettled'],
    ['ln -s sub/deep q; cd q; cat ../../a.txt', 'shell.workspace.unsettled'],
    ['cd sub && ln -s deep q && cd q && cat ../f', 'shell.workspace.unsettled'],
    ['mv holder d && cat d/etc/passwd', 'shell.workspace.outside'],
    ['cp -a holder d && cat d/etc/passwd', 'shell.workspace.outside'],
    ['mv holder sub && cat sub/holder/etc/passwd', 'shell.workspace.outside'],
    ['mv holder sub && ls | tee sub/holder/hk/pre-commit', 'shell.workspace.protected'],
    ['mv holder d && mv d e && cat e/etc/passwd', 'shell.workspace.unsettled'],
    ['mv holder d && cp -r d/etc e', 'shell.workspace.unsettled'],
    ['mv holder sub/h && grep -R x sub', 'shell.workspace.outside'],
    ['mv holder h && grep -R x h', 'shell.workspace.outside'],
    ['ln -s ../holder sub/h && zip -r x.zip sub', 'shell.workspace.outside'],
    ['mkdir q && cp z/agent.json q && cp -a q/. .', 'shell.workspace.unsettled'],
    ['mkdir q; touch q/agent.json; cp -r q/. .', 'shell.workspace.unsettled'],
    ['tar xf a.tar -C sub && rsync -a sub/ .', 'shell.workspace.unsettled'],
    ['curl -o sub/agent.json http://x/y && cp -rT sub .', 'shell.workspace.unsettled'],
    ['mv holder d && rsync -a d/ e', 'shell.workspace.unsettled'],
  ])('is seen by those behind: %s', (command, wanted) => {
    expect([
      command,
      new ShellCommandPolicy({ workspace: fixture.workspace, relaxed: true }).check(command).effect,
    ]).toEqual([command, 'deny']);
    expect([command, rule(command)]).toEqual([command, wanted]);
  });

  it.each([
    'cp a.txt c.txt && cat c.txt && mv c.txt d.txt && rm d.txt',
    'mv a.txt d.txt && cp d.txt e.txt',
    'mkdir -p out && cp -r tree out && ls out && cat out/tree/lib/a.ts',
    'cp -r tree out && cd out && ls && cat lib/a.ts ../a.txt',
    'mkdir -p pkg/lib && mv tree/lib/a.ts pkg/lib && mv pkg pkg2',
    'ln -s sub/f g && cat g',
    'ln -s ../sub/f z/g && cat z/g && ls -l z',
    'npm run build && cp -r dist public/dist && ls public',
    'mv tree sub && grep -R x sub',
    'cp -r tree tree2; grep -r x .; zip -ry t.zip tree2',
    'git mv tree/lib/a.ts tree/lib/b.ts && git commit -m moved',
    'cp -a tree/lib/. sub/ && ls sub',
    'mkdir -p build && cd build && cmake .. && make',
    'tar xzf a.tgz && cd a && ls',
    'cd sub && cp -r deep ../deep2 && ls ..',
  ])('does not stand in the way of honest work: %s', (command) => {
    expect([command, rule(command)]).toEqual([command, 'shell.allow']);
  });

  it('is followed for so many places and no more', () => {
    const many = Array.from({ length: 40 }, (_, at) => `f${at}`).join(' ');
    expect(rule(`cp -r ${many} sub && ls`)).toBe('shell.syntax.too-complex');
    expect(rule(`cp -r ${many.slice(0, 80)} sub && ls`)).toBe('shell.allow');
  });
});
