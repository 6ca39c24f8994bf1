import type { Express } from 'express';
import type { GuardFor } from '../http/mount-routes.js';
import type { Route } from '../http/route.js';
import { apiDocsPage } from './api-docs-page.js';
import type { DashboardFiles } from './dashboard-files.js';
import { mountDashboard } from './mount-dashboard.js';

const STYLE = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { width: min(26rem, calc(100vw - 2rem)); }
label { display: block; margin-top: 1rem; font-weight: 600; }
input, button { width: 100%; box-sizing: border-box; font: inherit; padding: .6rem .7rem; border-radius: .4rem; border: 1px solid #767676; }
button { margin-top: 1.5rem; background: #1a4fd6; color: #fff; border: 0; font-weight: 600; cursor: pointer; }
button:disabled { opacity: .6; cursor: progress; }
[role=alert] { margin-top: 1rem; min-height: 1.5rem; }
small { color: GrayText; }
code { overflow-wrap: anywhere; }
`;

const SCRIPT = `
const form = document.querySelector('form');
const note = document.querySelector('[role=alert]');
const token = location.hash.slice(1);
// The token must not stay in the address bar or in the history.
history.replaceState(null, '', location.pathname);
if (!token) { note.textContent = 'This page needs the one-time link that the server printed when it started.'; form.hidden = true; }
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const [password, again] = [...form.querySelectorAll('input[type=password]')].map((input) => input.value);
  if (password !== again) { note.textContent = 'The two passwords differ.'; return; }
  const button = form.querySelector('button');
  button.disabled = true;
  note.textContent = 'One moment…';
  try {
    const response = await fetch('/api/auth/claim', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token, password }) });
    const body = await response.json();
    if (response.ok) { form.hidden = true; note.textContent = 'Done. The account "' + body.username + '" has its password. '; const link = document.createElement('a'); link.href = '/'; link.textContent = 'Sign in'; note.append(link); }
    else { note.textContent = body.error + (body.fix ? ' ' + body.fix : ''); }
  } catch { note.textContent = 'The server did not answer. Is it still running?'; }
  button.disabled = false;
});
`;

/** Routes of the pages that stand in for the dashboard. */
export const PLAIN_PAGES: readonly string[] = Object.freeze(['GET /', 'GET /claim']);

/**
 * Mounts the pages: `/api/docs` is the reference of the API, the rest is the dashboard. Where that is not built, `/` says
 * so, and `/claim` is a plain page that sets the first password with the one-time link.
 */
export function mountPages(
  app: Express,
  routes: readonly Route[],
  guardFor: GuardFor,
  dashboard: DashboardFiles | undefined,
): void {
  const open = guardFor({ access: { public: 'pages hold nothing but their own text' } });
  app.get('/api/docs', ...open, (_request, response) => {
    response.type('html').send(apiDocsPage(routes, String(response.locals['nonce'])));
  });
  if (dashboard) {
    mountDashboard(app, dashboard, guardFor);
    return;
  }
  app.get('/claim', ...open, (_request, response) => {
    response.setHeader('cache-control', 'no-store');
    response.type('html').send(
      page(
        String(response.locals['nonce']),
        'Set the first password',
        `<p>Choose the password of the first superadmin. It needs at least 12 characters.</p>
<form><label>Password<input type="password" autocomplete="new-password" minlength="12" maxlength="256" required autofocus></label>
<label>The same again<input type="password" autocomplete="new-password" minlength="12" maxlength="256" required></label>
<button>Set the password</button></form><p role="alert" aria-live="polite"></p>`,
        SCRIPT,
      ),
    );
  });
  app.get('/', ...open, (_request, response) => {
    response.type('html').send(
      page(
        String(response.locals['nonce']),
        'Clawforce',
        `<p>The control plane is running, but the dashboard is not built here (<code>npm run build</code>). There is the command line
(<code>npx clawforce --help</code>) and the API.</p>
<p><a href="/api/docs">API reference</a> · <a href="/healthz">Health</a></p>`,
      ),
    );
  });
}

function page(nonce: string, title: string, body: string, script?: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>${title}</title><style nonce="${nonce}">${STYLE}</style></head>
<body><main><h1>${title}</h1>
${body}
</main>${script ? `<script nonce="${nonce}">${script}</script>` : ''}</body></html>
`;
}
