import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup/local-bin.mjs';

const generated = join(root, 'apps/dashboard/src/api/generated');
const target = join(generated, 'api.ts');
/** What the forms of the dashboard are checked by before a request is sent. */
const requestSchemas = join(generated, 'request-schemas.ts');
/** Apart from the others, since only the settings load it. */
const configSchema = join(generated, 'agent-config-schema.ts');
/** Apart from the others, since only the audit log checks them. */
const querySchemas = join(generated, 'query-schemas.ts');
/** Keywords that `apps/dashboard/src/api/json-schema.ts` checks. */
const CHECKED = new Set(
  (
    'type enum minimum maximum minLength maxLength pattern maxItems items required properties ' +
    'additionalProperties propertyNames'
  ).split(' '),
);
/** Changes whenever the compiled control plane or protocol does. */
const built = [
  'apps/control-plane/dist/tsconfig.app.tsbuildinfo',
  'packages/protocol/dist/tsconfig.lib.tsbuildinfo',
];

/** Writes the dashboard's types of the API and the schemas of what it sends from the document that the built control plane serves. */
export async function writeApiTypes() {
  const key = createHash('sha256');
  for (const path of built) key.update(readFileSync(join(root, path)));
  const header = `// Generated from the OpenAPI document by tools/dashboard/write-api-types.mjs (${key.digest('hex').slice(0, 16)}).\n`;
  const isWritten = (path) => existsSync(path) && readFileSync(path, 'utf8').startsWith(header);
  if ([target, requestSchemas, configSchema, querySchemas].every(isWritten)) return;

  const main = pathToFileURL(join(root, 'apps/control-plane/dist/server/public-api-document.js')).href;
  const { publicApiDocument } = await import(main);
  const { default: openapiTS, astToString } = await import('openapi-typescript');
  const document = publicApiDocument();
  mkdirSync(generated, { recursive: true });
  const imported = `${header}import type { JsonSchema } from '../json-schema.js';\n\n`;
  const { AgentConfig } = document.components.schemas;
  writeFileSync(
    configSchema,
    `${imported}/** What an agent's configuration may be. */\nexport const AGENT_CONFIG_SCHEMA: JsonSchema = ${JSON.stringify(checkable(AgentConfig))};\n`,
  );
  writeFileSync(
    requestSchemas,
    `${imported}/** What the body of a request may be, by method and route. */\nexport const REQUEST_SCHEMAS: Readonly<Record<string, JsonSchema>> = ${JSON.stringify(bodiesOf(document))};\n`,
  );
  writeFileSync(
    querySchemas,
    `${imported}/** What the query of a request may be, by method and route. */\nexport const QUERY_SCHEMAS: Readonly<Record<string, JsonSchema>> = ${JSON.stringify(queriesOf(document))};\n`,
  );
  // The last one, because its head says that everything is written.
  const types = await openapiTS(document, { defaultNonNullable: false });
  writeFileSync(target, header + astToString(types));
}

function bodiesOf({ paths }) {
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) => {
      const schema = requestBody?.content?.['application/json']?.schema;
      // A body that is a component is a configuration, which stands apart.
      return schema && !schema.$ref ? [[`${method.toUpperCase()} ${path}`, checkable(schema)]] : [];
    }),
  );
  return Object.fromEntries(routes);
}

function queriesOf({ paths }) {
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { parameters = [] }]) => {
      const asked = parameters.filter((one) => one.in === 'query');
      if (asked.length === 0) return [];
      const properties = Object.fromEntries(asked.map(({ name, schema }) => [name, checkable(schema)]));
      return [
        [`${method.toUpperCase()} ${path}`, { type: 'object', additionalProperties: false, properties }],
      ];
    }),
  );
  return Object.fromEntries(routes);
}

/** Gives a schema without what is for readers or for the server alone. What is left out makes the check laxer, never wrong. */
function checkable(schema) {
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]) => {
      // Without a part of it, what it excludes would be more.
      if (keyword === 'not')
        return Object.keys(value).every((one) => CHECKED.has(one)) ? [[keyword, value]] : [];
      if (!CHECKED.has(keyword)) return [];
      if (keyword === 'properties')
        return [
          [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, checkable(one)]))],
        ];
      return [
        [
          keyword,
          ['items', 'additionalProperties', 'propertyNames'].includes(keyword) ? checkable(value) : value,
        ],
      ];
    }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await writeApiTypes();
