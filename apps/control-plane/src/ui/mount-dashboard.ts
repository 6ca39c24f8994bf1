import type { Express, Request, Response } from 'express';
import type { GuardFor } from '../http/mount-routes.js';
import type { DashboardFile, DashboardFiles } from './dashboard-files.js';

/** Routes that {@link mountDashboard} adds. */
export const DASHBOARD_ROUTES: readonly string[] = Object.freeze(['GET /{*path}']);

/** What a deep link never is: these answer for programs, a missing one with 404. */
const NOT_A_PAGE = /^\/(?:api|assets|healthz|readyz|metrics)(?:\/|$)/;

/** Serves the built dashboard: its files under their names, and its page for every other path that a browser opens. */
export function mountDashboard(app: Express, files: DashboardFiles, guardFor: GuardFor): void {
  const open = guardFor({ access: { public: 'the dashboard holds nothing but its own text' } });
  app.get('/{*path}', ...open, (request, response, next) => {
    const file = files.find(request.path);
    if (file) sendFile(request, response, file);
    else if (NOT_A_PAGE.test(request.path) || !wantsPage(request)) next();
    else {
      // With the nonce of one response in it, the page is of no use for another.
      response.setHeader('cache-control', 'no-store');
      response.type('html').send(files.page(String(response.locals['nonce'])));
    }
  });
}

function wantsPage(request: Request): boolean {
  return request.headers.accept?.includes('text/html') ?? false;
}

function sendFile(request: Request, response: Response, file: DashboardFile): void {
  response.setHeader(
    'cache-control',
    // The build puts the hash of the content into names below /assets.
    request.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  );
  response.vary('accept-encoding');
  response.type(file.extension);
  if (file.br && request.acceptsEncodings('br')) response.setHeader('content-encoding', 'br').send(file.br);
  else if (file.gzip && request.acceptsEncodings('gzip'))
    response.setHeader('content-encoding', 'gzip').send(file.gzip);
  else response.send(file.plain);
}
