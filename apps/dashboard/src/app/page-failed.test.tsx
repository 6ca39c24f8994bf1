// @vitest-environment happy-dom
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { renderApp } from '../testing/render-app.js';
import { PageFailed } from './page-failed.js';

afterEach(() => vi.restoreAllMocks());

test('a page that cannot draw what it was given says that it failed, and the others go on', async () => {
  // React tells the console, which is not what is tested.
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const { user } = renderApp('/', (server) => server.on('GET /api/now', () => ({ agents: {} })));
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('Something in this page failed.');
  expect(alert.textContent).not.toContain('The server did not answer.');
  await user.click(screen.getByRole('link', { name: 'Account' }));
  await screen.findByRole('heading', { name: 'Account' });
});

test('code that could not be loaded is told as a server that does not answer, and tried again', async () => {
  const reset = vi.fn();
  render(
    <PageFailed
      error={new TypeError('Failed to fetch dynamically imported module: http://here/assets/x.js')}
      reset={reset}
    />,
  );
  screen.getByText('The server did not answer.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(reset).toHaveBeenCalledOnce();
});
