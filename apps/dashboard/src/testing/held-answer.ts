import type { Answer } from './fake-server.js';

/** An answer of a {@link FakeServer} that waits until the test gives it. */
export interface HeldAnswer {
  readonly answer: Answer;
  readonly give: (answer: unknown) => void;
}

/** Makes an answer that is on its way for as long as the test wants. */
export function holdAnswer(): HeldAnswer {
  let give: (answer: unknown) => void = () => undefined;
  const waiting = new Promise<unknown>((resolve) => (give = resolve));
  // A page may ask twice meanwhile, and each reads a body of its own.
  const answer = (): Promise<unknown> =>
    waiting.then((given) => (given instanceof Response ? given.clone() : given));
  return { answer, give };
}
