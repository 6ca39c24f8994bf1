import { Ajv, type ValidateFunction } from 'ajv';
import { publicApiDocument } from '../public-api-document.js';

type Operation = {
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, unknown> }
  >;
};

const document = publicApiDocument() as { paths: Record<string, Record<string, Operation>> };
const ajv = new Ajv({
  strict: false,
  allErrors: true,
  formats: {
    'date-time': (value) => /^\d{4}-\d\d-\d\dT.*Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  },
});
ajv.addSchema(document, 'api');
const compiled = new Map<string, ValidateFunction>();

const routes = Object.entries(document.paths).map(([path, methods]) => ({
  path,
  methods,
  // Parameters of these names take the rest of the path.
  pattern: new RegExp(
    `^${path.replace(/\{(\w+)\}/g, (_all, name: string) => (['path', 'folder', 'key'].includes(name) ? '.+' : '[^/]+'))}$`,
  ),
}));

/** Throws when a JSON answer of the server is not what the OpenAPI document says. */
export function assertDocumented(method: string, url: string, status: number, body: unknown): void {
  const path = new URL(url, 'http://localhost').pathname;
  const verb = method.toLowerCase();
  const route = routes.find(({ pattern, methods }) => pattern.test(path) && verb in methods);
  if (!route) return;
  const name = `${method} ${route.path} ${status}`;
  const answer = route.methods[verb]?.responses[status];
  if (!answer) throw new Error(`${name} is not in the OpenAPI document: ${JSON.stringify(body)}`);
  if (!answer.content?.['application/json'])
    throw new Error(`${name} has no JSON body in the OpenAPI document`);
  const code = status >= 400 ? String((body as { code?: unknown }).code) : undefined;
  if (code !== undefined && !answer.description.includes(code))
    throw new Error(`${name} does not name ${code} in the OpenAPI document`);
  const validate = compiled.get(name) ?? compile(name, route.path, verb, status);
  if (!validate(body)) {
    throw new Error(
      `${name} is not as documented: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
    );
  }
}

function compile(name: string, path: string, verb: string, status: number): ValidateFunction {
  const pointer = ['paths', path, verb, 'responses', String(status), 'content', 'application/json', 'schema']
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = ajv.compile({ $ref: `api#/${pointer}` });
  compiled.set(name, validate);
  return validate;
}
