import type { AuthService } from '../auth/auth-service.js';
import type { SessionEndings } from '../auth/session-ends.js';

const EVERY_MS = 2_000;

/**
 * Looks every two seconds whether open streams and sockets still belong to a live session of a user with the same role, and
 * ends those that do not (auth-checklist B9: within 5 seconds). Gives the function that ends the looking.
 */
export function watchSessions(
  endings: SessionEndings,
  auth: AuthService,
  onFailure: (error: unknown) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const look = (): void => {
    endings
      .review((sessionId) => auth.roleOf(sessionId))
      .catch(onFailure)
      .finally(() => {
        if (!ended) timer = setTimeout(look, EVERY_MS).unref();
      });
  };
  timer = setTimeout(look, EVERY_MS).unref();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
