import { ApiFailure, type AdminClient } from './admin-client.js';

/** Refuses a verb that a database alone cannot serve. @throws ApiFailure SERVER_NOT_RUNNING with this sentence */
export function requireServer({ online }: Pick<AdminClient, 'online'>, sentence: string): void {
  if (online) return;
  throw new ApiFailure(503, {
    code: 'SERVER_NOT_RUNNING',
    error: sentence,
    fix: 'Start it with "clawforce serve" or "npm start".',
  });
}
