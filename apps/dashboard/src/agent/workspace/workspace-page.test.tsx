// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { json, refusal, type FakeServer } from '../../testing/fake-server.js';
import { giveHeight } from '../../testing/give-height.js';
import { expectInert, HOSTILE_LINE } from '../../testing/hostile-line.js';
import { anAgent, renderApp } from '../../testing/render-app.js';

giveHeight(600);

/** The top of the workspace, as every request has to name it. */
const TOP = '/api/agents/a1/workspace/workspace';
const file = (name: string) => ({ name, path: name, type: 'file', size: 12 });

function open(path: string, prepare: (server: FakeServer) => void = () => undefined) {
  return renderApp(
    `/agents/a1/workspace${path === '' ? '' : `?path=${encodeURIComponent(path)}`}`,
    (server) => {
      server.on('GET /api/agents/a1', () => anAgent());
      server.on(`GET ${TOP}`, () => ({
        items: [file('report.md'), { name: 'data', path: 'data', type: 'directory', size: 0 }],
        truncated: false,
      }));
      server.on(`GET ${TOP}%2Fdata`, () => ({
        path: 'data',
        items: [{ ...file('sales.csv'), mtimeMs: 0 }],
        truncated: false,
      }));
      server.on(`GET ${TOP}%2Freport.md`, () =>
        json({ path: 'report.md', content: 'one\ntwo', size: 7, truncated: false }, 200, { etag: '"v1"' }),
      );
      prepare(server);
    },
  );
}

test('folders come first and are read when they are opened; a file opens by its name', async () => {
  const app = open('');
  const tree = await screen.findByRole('tree', { name: 'Workspace' });
  const [folder] = within(tree).getAllByRole('treeitem');
  expect(folder?.textContent).toContain('data');
  expect(app.server.asked.some((asked) => asked.includes('%2Fdata'))).toBe(false);
  await app.user.click(within(tree).getByRole('treeitem', { name: 'data' }));
  const inside = await screen.findByRole('treeitem', { name: /^sales\.csv/ });
  expect(inside.getAttribute('aria-level')).toBe('2');
  await app.user.click(screen.getByRole('treeitem', { name: /^report\.md/ }));
  await screen.findByText(/one\s+two/);
  expect(app.address()).toContain('path=workspace%2Freport.md');
});

test('the keyboard alone walks the tree: one stop of Tab, arrows, the beginning of a name, Enter', async () => {
  const app = open('');
  const focused = () => document.activeElement?.textContent ?? '';
  const tree = await screen.findByRole('tree', { name: 'Workspace' });
  expect(
    within(tree)
      .getAllByRole('treeitem')
      .filter(({ tabIndex }) => tabIndex === 0),
  ).toHaveLength(1);
  within(tree).getByRole('treeitem', { name: 'data' }).focus();
  await app.user.keyboard('{ArrowRight}');
  await screen.findByRole('treeitem', { name: /^sales\.csv/ });
  expect(focused()).toContain('data');
  await app.user.keyboard('{ArrowRight}');
  expect(focused()).toContain('sales.csv');
  await app.user.keyboard('{ArrowLeft}{ArrowLeft}');
  expect(focused()).toContain('data');
  expect(screen.queryByRole('treeitem', { name: /^sales\.csv/ })).toBeNull();
  await app.user.keyboard('rep');
  expect(focused()).toContain('report.md');
  await app.user.keyboard('{Home}{End}{Enter}');
  await screen.findByText(/one\s+two/);
  expect(
    within(tree)
      .getAllByRole('treeitem')
      .filter(({ tabIndex }) => tabIndex === 0),
  ).toHaveLength(1);
});

test('of 3,000 files few exist in the page, all are counted, and the last is reached by its name', async () => {
  const app = open('', (server) => {
    server.on(`GET ${TOP}`, () => ({
      items: Array.from({ length: 3000 }, (_, index) => file(`file-${String(index).padStart(4, '0')}.txt`)),
      truncated: false,
    }));
  });
  const tree = await screen.findByRole('tree', { name: 'Workspace' });
  const rows = await within(tree).findAllByRole('treeitem');
  expect(rows.length).toBeLessThan(60);
  expect(rows[0]?.getAttribute('aria-setsize')).toBe('3000');
  expect(tree.querySelectorAll('*').length).toBeLessThan(1000);
  rows[0]?.focus();
  await app.user.keyboard('{End}');
  await waitFor(() => expect(document.activeElement?.textContent).toContain('file-2999.txt'));
  await app.user.keyboard('file-0123');
  await waitFor(() => expect(document.activeElement?.textContent).toContain('file-0123.txt'));
  expect(within(tree).getAllByRole('treeitem').length).toBeLessThan(60);
});

test('a folder that cannot be read says why in its place, is read again on request, and a cut list says so', async () => {
  const app = open('', (server) => {
    server.on(`GET ${TOP}%2Fdata`, () => refusal(422, 'FILE_REFUSED', 'This part is not available.'));
  });
  await app.user.click(await screen.findByRole('treeitem', { name: 'data' }));
  const failed = await screen.findByRole('treeitem', {
    name: /Could not be read: This part is not available/,
  });
  app.server.on(`GET ${TOP}%2Fdata`, () => ({
    path: 'data',
    items: [{ ...file('sales.csv'), mtimeMs: 0 }],
    truncated: true,
  }));
  await app.user.click(failed);
  await screen.findByRole('treeitem', { name: /^sales\.csv/ });
  await screen.findByRole('treeitem', { name: 'Only the first 1 entries are listed' });
});

test('a save goes over the version that was read, and the new text stands there', async () => {
  const app = open('workspace/report.md');
  let over: string | null = null;
  app.server.on(`PUT ${TOP}%2Freport.md`, (request) => {
    over = request.headers.get('if-match');
    return json({ path: 'report.md', etag: 'v2' }, 200, { etag: '"v2"' });
  });
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  const box = screen.getByRole('textbox', { name: 'Content' });
  await app.user.clear(box);
  await app.user.type(box, 'three');
  await app.user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('three');
  expect(over).toBe('"v1"');
  expect(app.server.bodies(`PUT ${TOP}%2Freport.md`)).toEqual([{ content: 'three' }]);
});

test.each([
  [507, 'NO_SPACE', 'The disk of the server is full.'],
  [413, 'PAYLOAD_TOO_LARGE', 'The file is larger than 10 MB.'],
  [403, 'FILE_REFUSED', 'This part of the agent directory is not available.'],
  [500, 'INTERNAL', 'The server failed on this request; its log has the details.'],
])(
  'a save that is refused (%i %s) says why, and what was typed is still there to be saved',
  async (status, code, words) => {
    const app = open('workspace/report.md');
    app.server.on(`PUT ${TOP}%2Freport.md`, () => refusal(status, code, words));
    await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
    const box = screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Content' });
    await app.user.clear(box);
    await app.user.type(box, 'three');
    await app.user.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByText(words);
    expect(box.isConnected).toBe(true);
    expect(box.value).toBe('three');
    app.server.on(`PUT ${TOP}%2Freport.md`, () => json({ path: 'report.md' }, 200, { etag: '"v2"' }));
    await app.user.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByText('three');
    expect(screen.queryByText(words)).toBeNull();
  },
);

test('what is being edited stays when the file is read again and is gone, and is saved as a new file', async () => {
  const app = open('workspace/report.md');
  const conditions: (string | null)[] = [];
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  await app.user.type(screen.getByRole('textbox', { name: 'Content' }), ' and mine');
  app.server.on(`GET ${TOP}%2Freport.md`, () => refusal(404, 'NOT_FOUND', 'There is no such file.'));
  app.server.on(`PUT ${TOP}%2Freport.md`, (request) => {
    conditions.push(request.headers.get('if-match') ?? `none ${request.headers.get('if-none-match')}`);
    return request.headers.has('if-match')
      ? refusal(412, 'PRECONDITION_FAILED', 'The file is gone.')
      : json({ path: 'report.md', etag: 'v2' }, 201, { etag: '"v2"' });
  });
  void app.services.queries.invalidateQueries();
  await screen.findByText('There is no such file.');
  expect(screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Content' }).value).toBe(
    'one\ntwo and mine',
  );
  await app.user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('The file was removed while you were editing.');
  await app.user.click(screen.getByRole('button', { name: 'Save mine as a new file' }));
  await screen.findByText(/one\s+two and mine/, { selector: 'pre' });
  expect(conditions).toEqual(['"v1"', 'none *']);
  expect(app.server.bodies(`PUT ${TOP}%2Freport.md`).at(-1)).toEqual({ content: 'one\ntwo and mine' });
});

test.each([
  ['BINARY_FILE', 'made something else than text', 'This file is not text.'],
  ['PAYLOAD_TOO_LARGE', 'became too large to show', 'This file is too large to show.'],
  ['a folder', 'A folder took the place', 'This folder is empty.'],
])(
  'what is being edited stays when the file becomes %s, until it is discarded',
  async (code, words, then) => {
    const app = open('workspace/report.md');
    const box = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Content' });
    await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
    await app.user.type(box(), ' and mine');
    const isFolder = code === 'a folder';
    app.server.on(`GET ${TOP}%2Freport.md`, () =>
      isFolder
        ? { path: 'report.md', items: [], truncated: false }
        : refusal(422, code, 'It has no text for you.'),
    );
    app.server.on(`PUT ${TOP}%2Freport.md`, () =>
      isFolder
        ? refusal(409, 'CONFLICT', 'It is a directory.')
        : refusal(412, 'PRECONDITION_FAILED', 'The file changed.'),
    );
    await app.services.queries.invalidateQueries();
    expect(box().value).toBe('one\ntwo and mine');
    await app.user.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByText(new RegExp(`${words}.* while you were editing`));
    expect(box().value).toBe('one\ntwo and mine');
    // The name is taken, and no version of it is known to save over.
    for (const name of ['Save mine as a new file', 'Save mine over it'])
      expect(screen.queryByRole('button', { name })).toBeNull();
    await app.user.click(screen.getByRole('button', { name: 'Discard mine' }));
    await screen.findByText(then);
    expect(screen.queryByRole('textbox', { name: 'Content' })).toBeNull();
    expect(app.server.bodies(`PUT ${TOP}%2Freport.md`)).toHaveLength(1);
  },
);

test('a file that is read again while it is edited changes no line end of what was edited', async () => {
  const app = open('workspace/report.md', (server) => {
    server.on(`GET ${TOP}%2Freport.md`, () =>
      json({ path: 'report.md', content: 'one\r\ntwo', size: 8, truncated: false }, 200, { etag: '"v1"' }),
    );
  });
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  await app.user.type(screen.getByRole('textbox', { name: 'Content' }), '!');
  app.server.on(`GET ${TOP}%2Freport.md`, () =>
    json({ path: 'report.md', content: 'one\ntwo', size: 7, truncated: false }, 200, { etag: '"v2"' }),
  );
  let over: string | null = null;
  app.server.on(`PUT ${TOP}%2Freport.md`, (request) => {
    over = request.headers.get('if-match');
    return json({ path: 'report.md', etag: 'v3' }, 200, { etag: '"v3"' });
  });
  await app.services.queries.invalidateQueries();
  await app.user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(over).toBe('"v1"'));
  expect(app.server.bodies(`PUT ${TOP}%2Freport.md`)).toEqual([{ content: 'one\r\ntwo!' }]);
});

test('of many files few are sent at once, few of their rows exist, and one that is dismissed is not sent', async () => {
  const app = open('');
  let open_ = 0;
  let most = 0;
  let sent = 0;
  const answers: (() => void)[] = [];
  const files = Array.from({ length: 300 }, (_, index) => new File(['x'], `f${index}.txt`));
  for (const { name } of files)
    app.server.on(`PUT ${TOP}%2F${name}`, async () => {
      most = Math.max(most, (open_ += 1));
      if (sent < 8) await new Promise<void>((resolve) => answers.push(resolve));
      open_ -= 1;
      sent += 1;
      return json({ path: name, etag: 'v1' }, 201, { etag: '"v1"' });
    });
  await screen.findByRole('treeitem', { name: 'data' });
  await app.user.upload(document.querySelector('input[type=file]')!, files);
  await waitFor(() => expect(answers).toHaveLength(4));
  const list = screen.getByRole('group', { name: 'Uploads' });
  expect(within(list).getAllByRole('listitem').length).toBeLessThan(60);
  expect(within(list).getAllByRole('listitem')[0]?.getAttribute('aria-setsize')).toBe('300');
  expect([within(list).getAllByText('Uploading').length, most]).toEqual([4, 4]);
  within(list).getAllByText('Waiting');
  await app.user.click(within(list).getByRole('button', { name: 'Dismiss f7.txt' }));
  expect(within(list).queryByText('f7.txt')).toBeNull();
  await waitFor(
    () => {
      answers.splice(0).forEach((answer) => answer());
      expect(sent).toBeGreaterThanOrEqual(299);
    },
    { timeout: 60_000 },
  );
  // The last one is behind it in the queue, so a dismissed one that is sent all the same was asked by now.
  expect(app.server.bodies(`PUT ${TOP}%2Ff299.txt`)).toHaveLength(1);
  expect(app.server.bodies(`PUT ${TOP}%2Ff7.txt`)).toEqual([]);
  expect(most).toBe(4);
}, 90_000);

test('another file does not take the place of an edited one without a question', async () => {
  const app = open('workspace/report.md');
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  const box = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Content' });
  await app.user.type(box(), '!');
  await app.user.click(screen.getByRole('treeitem', { name: 'data' }));
  await app.user.click(await screen.findByRole('treeitem', { name: /^sales\.csv/ }));
  const dialog = await screen.findByRole('alertdialog', { name: 'Leave without saving?' });
  await app.user.click(within(dialog).getByRole('button', { name: 'Stay here' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect([box().value, app.address()]).toEqual(['one\ntwo!', expect.stringContaining('report.md')]);
  await app.user.click(screen.getByRole('link', { name: 'Logs' }));
  await app.user.click(await screen.findByRole('button', { name: 'Leave and drop it' }));
  await waitFor(() => expect(app.address()).toBe('/agents/a1/logs'));
});

test('a save changes the line ends of no line that was not edited', async () => {
  const app = open('workspace/report.md', (server) => {
    server.on(`GET ${TOP}%2Freport.md`, () =>
      json({ path: 'report.md', content: 'one\r\ntwo\r\nthree\n', size: 16, truncated: false }, 200, {
        etag: '"v1"',
      }),
    );
  });
  app.server.on(`PUT ${TOP}%2Freport.md`, () =>
    json({ path: 'report.md', etag: 'v2' }, 200, { etag: '"v2"' }),
  );
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  const box = screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Content' });
  expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true);
  // What a browser gives for a box never has a carriage return; the page that stands in for it here does not do that.
  fireEvent.change(box, { target: { value: box.value.replaceAll('\r\n', '\n').replace('two', 'TWO') } });
  await app.user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText(/TWO/);
  expect(app.server.bodies(`PUT ${TOP}%2Freport.md`)).toEqual([{ content: 'one\r\nTWO\r\nthree\n' }]);
});

test('a file that changed meanwhile: both versions are shown, nothing is lost, overwriting is a choice', async () => {
  const app = open('workspace/report.md');
  const saves: (string | null)[] = [];
  app.server.on(`PUT ${TOP}%2Freport.md`, (request) => {
    saves.push(request.headers.get('if-match'));
    return saves.length === 1
      ? refusal(412, 'PRECONDITION_FAILED', 'The file changed.')
      : json({ path: 'report.md', etag: 'v3' }, 200, { etag: '"v3"' });
  });
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  const box = screen.getByRole('textbox', { name: 'Content' });
  await app.user.type(box, ' mine');
  app.server.on(`GET ${TOP}%2Freport.md`, () =>
    json({ path: 'report.md', content: 'one\ntheirs', size: 10, truncated: false }, 200, { etag: '"v2"' }),
  );
  await app.user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('The file changed while you were editing.');
  expect(within(screen.getByRole('region', { name: 'The other version' })).getByText('theirs')).toBeTruthy();
  expect(within(screen.getByRole('region', { name: 'Your version' })).getByText('two mine')).toBeTruthy();
  expect((box as HTMLTextAreaElement).value).toBe('one\ntwo mine');
  await app.user.click(screen.getByRole('button', { name: 'Save mine over it' }));
  await waitFor(() => expect(saves).toEqual(['"v1"', '"v2"']));
  await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Content' })).toBeNull());
});

test('what the agent did to the files while another page was open is there on coming back', async () => {
  const app = open('workspace/report.md');
  await screen.findByText(/one\s+two/);
  await screen.findByRole('treeitem', { name: /^report\.md/ });
  await app.user.click(screen.getByRole('link', { name: 'Activity' }));
  await waitFor(() => expect(screen.queryByRole('tree')).toBeNull());
  app.server.on(`GET ${TOP}`, () => ({ items: [file('report.md'), file('new.md')], truncated: false }));
  app.server.on(`GET ${TOP}%2Freport.md`, () =>
    json({ path: 'report.md', content: 'three', size: 5, truncated: false }, 200, { etag: '"v2"' }),
  );
  await app.user.click(screen.getByRole('link', { name: 'Workspace' }));
  await app.user.click(await screen.findByRole('treeitem', { name: /^new\.md/ }));
  await app.user.click(screen.getByRole('treeitem', { name: /^report\.md/ }));
  await screen.findByText('three');
});

test('a binary file is never shown', async () => {
  open('workspace/report.md', (server) => {
    server.on(`GET ${TOP}%2Freport.md`, () => refusal(422, 'BINARY_FILE', 'This is no text.'));
  });
  await screen.findByText('This file is not text.');
  expect(screen.getByRole('button', { name: 'Download' })).toBeTruthy();
});

test('names that pretend to be something else show what they are', async () => {
  open('', (server) => {
    server.on(`GET ${TOP}`, () => ({
      items: [file('invoice\u202Efdp.exe'), file('<img src=x>')],
      truncated: false,
    }));
  });
  const tree = await screen.findByRole('tree', { name: 'Workspace' });
  expect(tree.textContent).not.toContain('\u202E');
  expect(tree.textContent).toContain('<img src=x>');
  expect(tree.querySelector('img')).toBeNull();
});

test('a delete needs a confirmation and leaves the file when the server refuses', async () => {
  const app = open('workspace/report.md');
  app.server.on(`DELETE ${TOP}%2Freport.md`, () => refusal(422, 'FILE_REFUSED', 'This may not be removed.'));
  await app.user.click(await screen.findByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('alertdialog');
  expect(app.server.asked.some((asked) => asked.startsWith('DELETE'))).toBe(false);
  await app.user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await within(dialog).findByText('This may not be removed.');
  await app.user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  await screen.findByRole('treeitem', { name: /^report\.md/, selected: true });
  screen.getByText(/one\s+two/);
  expect(app.address()).toContain('path=workspace%2Freport.md');
});

test('a rename that is refused keeps the typed name in the dialog; one that succeeds opens the new name', async () => {
  const app = open('workspace/report.md');
  app.server.on(`POST ${TOP}%2Freport.md/rename`, () => refusal(409, 'CONFLICT', 'There is one already.'));
  await app.user.click(await screen.findByRole('button', { name: 'Rename' }));
  const dialog = await screen.findByRole('dialog', { name: 'Rename file' });
  const box = within(dialog).getByRole<HTMLInputElement>('textbox', { name: 'New name' });
  expect(box.value).toBe('report.md');
  await app.user.clear(box);
  await app.user.type(box, 'final.md');
  await app.user.click(within(dialog).getByRole('button', { name: 'Rename' }));
  await within(dialog).findByText('There is one already.');
  expect(box.value).toBe('final.md');
  expect(app.address()).toContain('path=workspace%2Freport.md');

  app.server.on(`POST ${TOP}%2Freport.md/rename`, () => ({ path: 'final.md' }));
  await app.user.click(within(dialog).getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(app.address()).toContain('path=workspace%2Ffinal.md'));
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(app.server.bodies(`POST ${TOP}%2Freport.md/rename`)).toEqual([
    { new_name: 'final.md' },
    { new_name: 'final.md' },
  ]);
});

test('a move and a new folder that are refused keep what was typed in the dialog', async () => {
  const app = open('workspace/report.md');
  app.server.on(`POST ${TOP}%2Freport.md/move`, () => refusal(422, 'FILE_REFUSED', 'Not there.'));
  app.server.on('POST /api/agents/a1/workspace-folder/workspace%2Fplans', () =>
    refusal(422, 'FILE_REFUSED', 'Not this one.'),
  );
  for (const [opener, title, label, typed, action, words] of [
    ['Move', 'Move file', 'New path in the workspace', 'data/report.md', 'Move', 'Not there.'],
    ['New folder', 'New folder', 'Name', 'plans', 'Create', 'Not this one.'],
  ] as const) {
    await app.user.click(await screen.findByRole('button', { name: opener }));
    const dialog = await screen.findByRole('dialog', { name: title });
    const box = within(dialog).getByRole<HTMLInputElement>('textbox', { name: label });
    await app.user.clear(box);
    await app.user.type(box, typed);
    await app.user.click(within(dialog).getByRole('button', { name: action }));
    await within(dialog).findByText(words);
    expect(box.value).toBe(typed);
    await app.user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  }
  expect(app.server.bodies(`POST ${TOP}%2Freport.md/move`)).toEqual([
    { dest_path: 'workspace/data/report.md' },
  ]);
  expect(app.server.bodies('POST /api/agents/a1/workspace-folder/workspace%2Fplans')).toHaveLength(1);
  expect(app.address()).toContain('path=workspace%2Freport.md');
});

test("a name that the API's schema does not take is not sent, says so at its field and stays", async () => {
  const app = open('workspace/report.md');
  await app.user.click(await screen.findByRole('button', { name: 'Rename' }));
  const dialog = await screen.findByRole('dialog', { name: 'Rename file' });
  const box = within(dialog).getByRole<HTMLInputElement>('textbox', { name: 'New name' });
  const long = 'n'.repeat(256);
  await app.user.clear(box);
  await app.user.paste(long);
  await app.user.click(within(dialog).getByRole('button', { name: 'Rename' }));
  await within(dialog).findByText('Must have at most 255 characters.');
  expect([box.value, box.getAttribute('aria-invalid')]).toEqual([long, 'true']);
  expect(app.server.asked.filter((asked) => asked.startsWith('POST /api/agents'))).toEqual([]);
});

test.each(['New file', 'New folder'])(
  "%s: a name that the API's schema does not take is not sent, says so at its field and stays",
  async (kind) => {
    const app = open('workspace/report.md');
    await app.user.click(await screen.findByRole('button', { name: kind }));
    const dialog = await screen.findByRole('dialog', { name: kind });
    const box = within(dialog).getByRole<HTMLInputElement>('textbox', { name: 'Name' });
    const long = 'n'.repeat(256);
    await app.user.click(box);
    await app.user.paste(long);
    await app.user.click(within(dialog).getByRole('button', { name: 'Create' }));
    await within(dialog).findByText('Must have at most 255 characters.');
    expect([box.value, box.getAttribute('aria-invalid')]).toEqual([long, 'true']);
    expect(app.server.asked.filter((asked) => /^(?:POST|PUT) .api.agents/.test(asked))).toEqual([]);
  },
);

test('a move that succeeds opens the new path, and a new folder appears in the tree', async () => {
  const app = open('workspace/report.md');
  app.server.on(`POST ${TOP}%2Freport.md/move`, () => ({ path: 'data/report.md' }));
  app.server.on(`GET ${TOP}%2Fdata%2Freport.md`, () =>
    json({ path: 'data/report.md', content: 'moved', size: 5, truncated: false }, 200, { etag: '"v1"' }),
  );
  await app.user.click(await screen.findByRole('button', { name: 'Move' }));
  const dialog = await screen.findByRole('dialog', { name: 'Move file' });
  const box = within(dialog).getByRole('textbox', { name: 'New path in the workspace' });
  await app.user.clear(box);
  await app.user.type(box, 'data/report.md');
  app.server.on(`GET ${TOP}`, () => ({
    items: [{ name: 'data', path: 'data', type: 'directory', size: 0 }],
    truncated: false,
  }));
  app.server.on(`GET ${TOP}%2Fdata`, () => ({
    path: 'data',
    items: [{ ...file('report.md'), mtimeMs: 0 }],
    truncated: false,
  }));
  await app.user.click(within(dialog).getByRole('button', { name: 'Move' }));
  await screen.findByText('moved');
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(app.address()).toContain(encodeURIComponent('workspace/data/report.md'));
  const moved = await screen.findByRole('treeitem', { name: /^report\.md/, selected: true });
  expect(moved.getAttribute('aria-level')).toBe('2');
  expect(app.server.bodies(`POST ${TOP}%2Freport.md/move`)).toEqual([
    { dest_path: 'workspace/data/report.md' },
  ]);

  app.server.on('POST /api/agents/a1/workspace-folder/workspace%2Fdata%2Fplans', () =>
    json({ path: 'data/plans' }, 201),
  );
  await app.user.click(screen.getByRole('button', { name: 'New folder' }));
  const asks = await screen.findByRole('dialog', { name: 'New folder' });
  await app.user.type(within(asks).getByRole('textbox', { name: 'Name' }), 'plans');
  app.server.on(`GET ${TOP}%2Fdata`, () => ({
    path: 'data',
    items: [
      { ...file('report.md'), mtimeMs: 0 },
      { name: 'plans', type: 'directory', size: 0, mtimeMs: 0 },
    ],
    truncated: false,
  }));
  await app.user.click(within(asks).getByRole('button', { name: 'Create' }));
  await screen.findByRole('treeitem', { name: 'plans' });
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(app.server.bodies('POST /api/agents/a1/workspace-folder/workspace%2Fdata%2Fplans')).toHaveLength(1);
});

test('an upload goes as it is, and replaces nothing by itself', async () => {
  const app = open('');
  await screen.findByRole('tree', { name: 'Workspace' });
  const sent: { type: string | null; ifNone: string | null }[] = [];
  app.server.on(`PUT ${TOP}%2Fa.bin`, ({ headers }) => {
    sent.push({ type: headers.get('content-type'), ifNone: headers.get('if-none-match') });
    return sent.length === 1
      ? refusal(412, 'PRECONDITION_FAILED', 'It exists.', { fix: 'Give it another name.' })
      : json({ path: 'a.bin', etag: 'x' });
  });
  const input = document.querySelector<HTMLInputElement>('input[type=file]');
  if (!input) throw new Error('no file input');
  await app.user.upload(input, new File(['abc'], 'a.bin'));
  await screen.findByText('Not uploaded');
  screen.getByText('Give it another name.');
  await app.user.click(screen.getByRole('button', { name: 'Replace the file that is there' }));
  await screen.findByText('Uploaded');
  expect(sent).toEqual([
    { type: 'application/octet-stream', ifNone: '*' },
    { type: 'application/octet-stream', ifNone: null },
  ]);
  expect(app.server.bodies(`PUT ${TOP}%2Fa.bin`)).toEqual(['abc', 'abc']);
});

test.each(['profiles', 'workspace', '.config'])(
  'a folder called %s inside the workspace is that folder and never the zone of this name',
  async (name) => {
    const inside = `${TOP}%2F${encodeURIComponent(name)}`;
    const app = open('', (server) => {
      server.on(`GET ${TOP}`, () => ({
        path: 'workspace',
        items: [{ name, type: 'directory', size: 0, mtimeMs: 0 }],
        truncated: false,
      }));
      server.on(`GET ${inside}`, () => ({
        path: `workspace/${name}`,
        items: [{ ...file('note.md'), mtimeMs: 0 }],
        truncated: false,
      }));
      for (const at of [`${inside}%2Fnote.md`, `${inside}%2Ffinal.md`, `${inside}%2Fold.md`])
        server.on(`GET ${at}`, () =>
          json({ path: 'x', content: 'its text', size: 8, truncated: false }, 200, { etag: '"v1"' }),
        );
      server.on(`PUT ${inside}%2Fnote.md`, () => json({ path: 'x', etag: 'v2' }, 200, { etag: '"v2"' }));
      server.on(`PUT ${inside}%2Fa.bin`, () => json({ path: 'x', etag: 'x' }));
      server.on(`PUT ${inside}%2Fnew.md`, () => json({ path: 'x', etag: 'x' }));
      server.on(`GET ${inside}%2Fnew.md`, () => refusal(422, 'BINARY_FILE', 'This is no text.'));
      server.on(`POST ${inside}%2Fnote.md/rename`, () => json(undefined, 204));
      server.on(`POST ${inside}%2Ffinal.md/move`, () => json(undefined, 204));
      server.on(`DELETE ${inside}%2Fold.md`, () => json(undefined, 204));
      server.on(
        `GET /api/agents/a1/workspace-download/workspace%2F${encodeURIComponent(name)}`,
        () => new Response('zip'),
      );
    });
    const inDialog = async (opener: string, label: string, text: string, action: string): Promise<void> => {
      await app.user.click(await screen.findByRole('button', { name: opener }));
      const dialog = await screen.findByRole('dialog');
      const box = within(dialog).getByRole('textbox', { name: label });
      await app.user.clear(box);
      await app.user.type(box, text);
      await app.user.click(within(dialog).getByRole('button', { name: action }));
      await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    };
    await app.user.click(await screen.findByRole('treeitem', { name }));
    await screen.findByText('A folder with 1 entry.');
    // happy-dom would leave the page for what is downloaded.
    const saved = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    await app.user.click(screen.getByRole('button', { name: 'Download' }));
    await waitFor(() => expect(saved).toHaveBeenCalledTimes(1));
    saved.mockRestore();
    const input = document.querySelector<HTMLInputElement>('input[type=file]');
    if (!input) throw new Error('no file input');
    await app.user.upload(input, new File(['abc'], 'a.bin'));
    await screen.findByText('Uploaded');
    await inDialog('New file', 'Name', 'new.md', 'Create');
    await screen.findByText('This file is not text.');
    await app.user.click(screen.getByRole('treeitem', { name: /^note\.md/ }));
    await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
    await app.user.type(screen.getByRole('textbox', { name: 'Content' }), '!');
    await app.user.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByText('its text!');
    await inDialog('Rename', 'New name', 'final.md', 'Rename');
    await screen.findByText('its text');
    await inDialog(
      'Move',
      'New path in the workspace',
      `${name === 'workspace' ? 'workspace/' : ''}${name}/old.md`,
      'Move',
    );
    await waitFor(() => expect(app.address()).toContain(encodeURIComponent(`workspace/${name}/old.md`)));
    await app.user.click(await screen.findByRole('button', { name: 'Delete' }));
    await app.user.click(
      within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Delete' }),
    );
    await screen.findByText('No file is open.');

    const paths = app.server.asked
      .map((asked) => / \/api\/agents\/a1\/workspace(?:-[a-z]+)?\/([^/?]*)/.exec(asked)?.[1])
      .filter((path) => path !== undefined);
    expect(paths.length).toBeGreaterThan(10);
    // The top itself, or below it: what stands after the first name can be called anything.
    expect(paths.filter((path) => path !== 'workspace' && !path.startsWith(`workspace%2F`))).toEqual([]);
    for (const route of [
      `PUT ${inside}%2Fa.bin`,
      `PUT ${inside}%2Fnew.md`,
      `PUT ${inside}%2Fnote.md`,
      `POST ${inside}%2Fnote.md/rename`,
      `POST ${inside}%2Ffinal.md/move`,
      `DELETE ${inside}%2Fold.md`,
      `GET /api/agents/a1/workspace-download/workspace%2F${encodeURIComponent(name)}`,
    ])
      expect(app.server.bodies(route), route).toHaveLength(1);
    expect(app.server.bodies(`POST ${inside}%2Ffinal.md/move`)).toEqual([
      { dest_path: `workspace/${name}/old.md` },
    ]);
  },
);

test.each([
  ['workspace/data/sales.csv', 'the path as the page itself writes it'],
  ['data/sales.csv', 'a path that somebody wrote without its beginning'],
])('a link to %s (%s) opens that file and selects it in the tree', async (path) => {
  open(path, (server) => {
    server.on(`GET ${TOP}%2Fdata%2Fsales.csv`, () =>
      json({ path, content: 'a;b', size: 3, truncated: false }, 200, { etag: '"v1"' }),
    );
  });
  await screen.findByText('a;b');
  const row = await screen.findByRole('treeitem', { name: /^sales\.csv/, selected: true });
  expect(row.getAttribute('aria-level')).toBe('2');
  await screen.findByRole('heading', { name: 'workspace/data/sales.csv' });
});

test.each(['workspace', 'workspace/', '/'])('a link to %s is the top: no file is open', async (path) => {
  const app = open(path);
  await screen.findByRole('treeitem', { name: /^report\.md/ });
  await screen.findByText('No file is open.');
  expect(screen.queryByRole('button', { name: 'Delete' })).toBeNull();
  expect(app.server.asked.filter((asked) => asked.includes('workspace%2F'))).toEqual([]);
});

test.each(['text', 'md'])(
  'a hostile line of a megabyte in a file .%s is shown in part and inert',
  async (kind) => {
    const app = open(`workspace/hostile.${kind}`, (server) => {
      server.on(`GET ${TOP}%2Fhostile.${kind}`, () =>
        json({ path: 'x', content: HOSTILE_LINE, size: HOSTILE_LINE.length, truncated: false }, 200, {
          etag: '"v1"',
        }),
      );
    });
    const cut = await screen.findByText(/more characters/);
    const panel = cut.closest('section');
    if (!panel) throw new Error('no panel');
    expectInert(panel);
    if (kind !== 'md') return;
    await app.user.click(within(panel).getByRole('button', { name: 'Show formatted' }));
    await within(panel).findByRole('button', { name: 'Show the text' });
    expectInert(panel);
  },
);
