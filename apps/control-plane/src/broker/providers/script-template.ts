import { parse as parseCsv } from 'csv-parse/sync';
import { Liquid } from 'liquidjs';

const MAX_CHARS = 512 * 1024;

const liquid = new Liquid({
  ownPropertyOnly: true,
  strictFilters: true,
  cache: 256,
  relativeReference: false,
  parseLimit: 1_000_000,
  // Milliseconds that a template may hold up the control plane.
  renderLimit: 300,
  memoryLimit: 20_000_000,
  // Scripts are text in the configuration: there is no file to include.
  fs: {
    exists: () => Promise.resolve(false),
    existsSync: () => false,
    readFile: () => Promise.reject(new Error('a script includes no files')),
    readFileSync: () => {
      throw new Error('a script includes no files');
    },
    resolve: (_root, file) => file,
  },
});

// `parse_csv` gives rows as objects, with numbers where a cell is one, so that `sum` and `map` work on them.
liquid.registerFilter('parse_csv', (value: unknown) => {
  const text = String(value);
  if (text.length > MAX_CHARS) throw new RangeError(`parse_csv takes at most ${MAX_CHARS} characters`);
  const rows = parseCsv<Record<string, string>>(text, {
    columns: true,
    skip_empty_lines: true,
    trim: true,
    relax_column_count: true,
  });
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value]),
    ),
  );
});

/** Gives the value with every string in it rendered as a Liquid template over `context`. */
export async function renderTemplates(value: unknown, context: object): Promise<unknown> {
  if (typeof value === 'string') return value.includes('{') ? renderText(value, context) : value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => renderTemplates(item, context)));
  if (typeof value !== 'object' || value === null) return value;
  const members = await Promise.all(
    Object.entries(value).map(
      async ([key, member]) => [key, await renderTemplates(member, context)] as const,
    ),
  );
  return Object.fromEntries(members);
}

async function renderText(template: string, context: object): Promise<string> {
  const text = String(await liquid.parseAndRender(template, context));
  if (text.length > MAX_CHARS) throw new RangeError(`a template gave more than ${MAX_CHARS} characters`);
  return text;
}
