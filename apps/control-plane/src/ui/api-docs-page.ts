import { COMPONENTS } from '../http/components.js';
import type { Route } from '../http/route.js';

/** Gives the reference page of the API as static HTML, from the routes themselves. */
export function apiDocsPage(routes: readonly Route[], nonce: string): string {
  const shown = routes.filter(({ adminSocketOnly }) => adminSocketOnly !== true);
  const tags = [...new Set(shown.map(({ tag }) => tag))];
  const sections = tags.map(
    (tag) =>
      `<h2 id="${escape(tag)}">${escape(tag)}</h2>${shown
        .filter((route) => route.tag === tag)
        .map(routeCard)
        .join('')}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>Clawforce API</title><style nonce="${nonce}">${STYLE}</style></head>
<body><main><h1>Clawforce API</h1>
<p>Errors are <code>{ error, code, request_id }</code>. The same as a document for programs: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
<nav>${tags.map((tag) => `<a href="#${escape(tag)}">${escape(tag)}</a>`).join(' · ')}</nav>
${sections.join('\n')}
<h2>Schemas</h2>${Object.entries(COMPONENTS).map(schemaCard).join('')}
</main></body></html>
`;
}

const STYLE = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
details { border: 1px solid #767676; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } code, pre { font-size: .9rem; } pre { overflow-x: auto; } b { display: inline-block; min-width: 4.5rem; }
`;

function routeCard(route: Route): string {
  const access = 'public' in route.access ? `public: ${route.access.public}` : route.access.action;
  const schema = (title: string, value: unknown): string =>
    value === undefined ? '' : `<p>${title}</p><pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
  const answers = Object.entries(route.responses)
    .map(([status, { description, schema: body }]) => schema(`${status}: ${escape(description)}`, body ?? {}))
    .join('');
  return `<details><summary><b>${route.method.toUpperCase()}</b> <code>${escape(route.path.replaceAll('*}', '}'))}</code> ${escape(route.summary)}</summary>
<p>Access: ${escape(access)}${route.errors ? ` · errors: ${escape(route.errors.join(', '))}` : ''}</p>
${schema('Query', route.query?.['properties'])}${schema('Body', route.body)}${answers}</details>`;
}

function schemaCard([name, schema]: [string, unknown]): string {
  return `<details><summary><code>${escape(name)}</code></summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
