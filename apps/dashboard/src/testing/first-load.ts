import { screen, waitFor, within } from '@testing-library/react';
import { expect } from 'vitest';
import { refusal, type Answer, type FakeServer } from './fake-server.js';
import { holdAnswer } from './held-answer.js';
import { renderApp, type RenderedApp } from './render-app.js';

/** One reading without which a part of a page has nothing to show. */
export interface FirstLoad {
  /** Address of the page. */
  readonly path: string;
  /** The reading, as {@link FakeServer} names routes. */
  readonly route: string;
  /** Part of the query by which it differs from other readings of the route; those find an empty list. */
  readonly query?: string;
  /** What the server gives when it works. */
  readonly answer: Answer;
  /** What the page says it loads, behind "Loading". */
  readonly loads: string;
  /** Words that stand there only when the reading has come. */
  readonly shows: string | RegExp;
  /** What the frame of all pages reads as well, and says so: only the page itself is looked at. */
  readonly inMain?: boolean;
  /** Goes to where it is read, when that is not where the address leads. */
  readonly reach?: (app: RenderedApp) => Promise<void>;
  /** Answers of everything else. */
  readonly prepare?: (server: FakeServer) => void;
}

/**
 * Holds that a page says that it loads, then why it could not, with what the server said, and that its "Try again" works.
 * Neither time it shows what only an answer can tell.
 */
export async function expectFirstLoad(load: FirstLoad): Promise<void> {
  const { path, route, query = '', answer, loads, shows, inMain = false, reach, prepare } = load;
  const on = (server: FakeServer, held: Answer): void =>
    server.on(route, (request) => (request.url.includes(query) ? held(request) : { items: [] }));
  const first = holdAnswer();
  const app = renderApp(path, (fake) => {
    // The stream has pages read again when it begins: here only "Try again" does.
    fake.down = true;
    prepare?.(fake);
    on(fake, first.answer);
  });
  const { server, user } = app;
  await reach?.(app);
  const place = inMain ? within(await screen.findByRole('main')) : screen;
  const isLoading = (): boolean =>
    place.queryAllByText(`Loading ${loads}`).some((words) => words.closest('[role=status]') !== null);
  const isShown = (): boolean => place.queryAllByText(shows).length > 0;
  await waitFor(() => expect(isLoading()).toBe(true));
  expect(isShown()).toBe(false);

  first.give(refusal(503, 'OVERLOADED', 'This is too much now.', { fix: 'Come back later.' }));
  const notice = (await place.findByText('This is too much now.')).closest<HTMLElement>('[role=alert]');
  if (!notice) throw new Error('the failure is not announced');
  for (const words of ['Come back later.', 'OVERLOADED', 'request-1'])
    expect(notice.textContent).toContain(words);
  expect([isLoading(), isShown()]).toEqual([false, false]);

  const second = holdAnswer();
  on(server, second.answer);
  await user.click(within(notice).getByRole('button', { name: 'Try again' }));
  // A notice that stays would be read as the new answer.
  await waitFor(() => expect(isLoading()).toBe(true));
  expect(place.queryByText('This is too much now.')).toBeNull();
  second.give(await answer(new Request(window.location.href)));
  await waitFor(() => expect(isShown()).toBe(true));
  expect([isLoading(), place.queryByText('This is too much now.')]).toEqual([false, null]);
}
