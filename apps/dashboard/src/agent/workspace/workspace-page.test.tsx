// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { json, refusal, type FakeServer } from '../../testing/fake-server.js';
import { anAgent, renderApp } from '../../testing/render-app.js';

const BASE = '/api/agents/a1/workspace';
const file = (name: string) => ({ name, path: name, type: 'file', size: 12 });

function open(path: string, prepare: (server: FakeServer) => void = () => undefined) {
  return renderApp(
    `/agents/a1/workspace${path === '' ? '' : `?path=${encodeURIComponent(path)}`}`,
    (server) => {
      server.on('GET /api/agents/a1', () => anAgent());
      server.on(`GET ${BASE}`, () => ({
        items: [file('report.md'), { name: 'data', path: 'data', type: 'directory', size: 0 }],
        truncated: false,
      }));
      server.on(`GET ${BASE}/data`, () => ({ path: 'data', items: [{ ...file('sales.csv'), mtimeMs: 0 }] }));
      server.on(`GET ${BASE}/report.md`, () =>
        json({ path: 'report.md', content: 'one\ntwo', size: 7, truncated: false }, 200, { etag: '"v1"' }),
      );
      prepare(server);
    },
  );
}

test('folders come first and are read when they are opened; a file opens by its name', async () => {
  const app = open('');
  const tree = await screen.findByRole('list', { name: 'Workspace' });
  expect(within(tree).getAllByRole('listitem')[0]?.textContent).toContain('data');
  expect(app.server.asked.some((asked) => asked.includes('/workspace/data'))).toBe(false);
  await app.user.click(within(tree).getByRole('button', { name: 'Open the folder' }));
  await screen.findByRole('button', { name: 'sales.csv' });
  await app.user.click(screen.getByRole('button', { name: 'report.md' }));
  await screen.findByText(/one\s+two/);
  expect(app.address()).toContain('path=report.md');
});

test('a save goes over the version that was read, and the new text stands there', async () => {
  const app = open('report.md');
  let over: string | null = null;
  app.server.on(`PUT ${BASE}/report.md`, (request) => {
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
  expect(app.server.bodies(`PUT ${BASE}/report.md`)).toEqual([{ content: 'three' }]);
});

test('a file that changed meanwhile: both versions are shown, nothing is lost, overwriting is a choice', async () => {
  const app = open('report.md');
  const saves: (string | null)[] = [];
  app.server.on(`PUT ${BASE}/report.md`, (request) => {
    saves.push(request.headers.get('if-match'));
    return saves.length === 1
      ? refusal(412, 'PRECONDITION_FAILED', 'The file changed.')
      : json({ path: 'report.md', etag: 'v3' }, 200, { etag: '"v3"' });
  });
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  const box = screen.getByRole('textbox', { name: 'Content' });
  await app.user.type(box, ' mine');
  app.server.on(`GET ${BASE}/report.md`, () =>
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

test('a binary file is never shown', async () => {
  open('report.md', (server) => {
    server.on(`GET ${BASE}/report.md`, () => refusal(422, 'BINARY_FILE', 'This is no text.'));
  });
  await screen.findByText('This file is not text.');
  expect(screen.getByRole('button', { name: 'Download' })).toBeTruthy();
});

test('names that pretend to be something else show what they are', async () => {
  open('', (server) => {
    server.on(`GET ${BASE}`, () => ({
      items: [file('invoice\u202Efdp.exe'), file('<img src=x>')],
      truncated: false,
    }));
  });
  const tree = await screen.findByRole('list', { name: 'Workspace' });
  expect(tree.textContent).not.toContain('\u202E');
  expect(tree.textContent).toContain('<img src=x>');
  expect(tree.querySelector('img')).toBeNull();
});

test('a delete needs a confirmation and leaves the file when the server refuses', async () => {
  const app = open('report.md');
  app.server.on(`DELETE ${BASE}/report.md`, () => refusal(422, 'FILE_REFUSED', 'This may not be removed.'));
  await app.user.click(await screen.findByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('alertdialog');
  expect(app.server.asked.some((asked) => asked.startsWith('DELETE'))).toBe(false);
  await app.user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await within(dialog).findByText('This may not be removed.');
});

test('a rename that is refused keeps the typed name in the dialog; one that succeeds opens the new name', async () => {
  const app = open('report.md');
  app.server.on(`POST ${BASE}/report.md/rename`, () => refusal(409, 'CONFLICT', 'There is one already.'));
  await app.user.click(await screen.findByRole('button', { name: 'Rename' }));
  const dialog = await screen.findByRole('dialog', { name: 'Rename file' });
  const box = within(dialog).getByRole<HTMLInputElement>('textbox', { name: 'New name' });
  expect(box.value).toBe('report.md');
  await app.user.clear(box);
  await app.user.type(box, 'final.md');
  await app.user.click(within(dialog).getByRole('button', { name: 'Rename' }));
  await within(dialog).findByText('There is one already.');
  expect(box.value).toBe('final.md');
  expect(app.address()).toContain('path=report.md');

  app.server.on(`POST ${BASE}/report.md/rename`, () => ({ path: 'final.md' }));
  await app.user.click(within(dialog).getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(app.address()).toContain('path=final.md'));
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(app.server.bodies(`POST ${BASE}/report.md/rename`)).toEqual([
    { new_name: 'final.md' },
    { new_name: 'final.md' },
  ]);
});

test('a move and a new folder that are refused keep what was typed in the dialog', async () => {
  const app = open('report.md');
  app.server.on(`POST ${BASE}/report.md/move`, () => refusal(422, 'FILE_REFUSED', 'Not there.'));
  app.server.on('POST /api/agents/a1/workspace-folder/plans', () =>
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
  expect(app.server.bodies(`POST ${BASE}/report.md/move`)).toEqual([{ dest_path: 'data/report.md' }]);
  expect(app.server.bodies('POST /api/agents/a1/workspace-folder/plans')).toHaveLength(1);
  expect(app.address()).toContain('path=report.md');
});

test('an upload goes as it is, and replaces nothing by itself', async () => {
  const app = open('');
  await screen.findByRole('list', { name: 'Workspace' });
  const sent: { type: string | null; ifNone: string | null }[] = [];
  app.server.on(`PUT ${BASE}/a.bin`, ({ headers }) => {
    sent.push({ type: headers.get('content-type'), ifNone: headers.get('if-none-match') });
    return sent.length === 1
      ? refusal(412, 'PRECONDITION_FAILED', 'It exists.')
      : json({ path: 'a.bin', etag: 'x' });
  });
  const input = document.querySelector<HTMLInputElement>('input[type=file]');
  if (!input) throw new Error('no file input');
  await app.user.upload(input, new File(['abc'], 'a.bin'));
  await screen.findByText('Not uploaded');
  await app.user.click(screen.getByRole('button', { name: 'Replace the file that is there' }));
  await screen.findByText('Uploaded');
  expect(sent).toEqual([
    { type: 'application/octet-stream', ifNone: '*' },
    { type: 'application/octet-stream', ifNone: null },
  ]);
  expect(app.server.bodies(`PUT ${BASE}/a.bin`)).toEqual(['abc', 'abc']);
});
