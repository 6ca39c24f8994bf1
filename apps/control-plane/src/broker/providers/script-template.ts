import { parse as parseCsv } from 'csv-parse/sync';
import { Liquid } from 'liquidjs';

const MAX_CHARS = 512 * 1024;

const liquid = new Liquid({
  ownPropertyOnly: true,
  strictFilters: true,
  cache: 256,
  relativeReference: false,
  parseLimit: 1_000_000,
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

/** Milliseconds that all templates of one answer together may hold up the control plane. */
const RENDER_MS = 300;

/** Gives a function that renders every string of a value as a Liquid template over `context`, within one time budget. */
export function templateRenderer(context: object): (value: unknown) => Promise<unknown> {
  let left = RENDER_MS;
  // One after the other: side by side, each would be charged for the others.
  const render = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') {
      if (!value.includes('{')) return value;
      if (left <= 0) throw new RangeError(`the templates of this answer take more than ${RENDER_MS} ms`);
      const start = performance.now();
      try {
        return await renderText(value, context, left);
      } finally {
        left -= performance.now() - start;
      }
    }
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(await render(item));
      return items;
    }
    const members: [string, unknown][] = [];
    for (const [key, member] of Object.entries(value)) members.push([key, await render(member)]);
    return Object.fromEntries(members);
  };
  return render;
}

async function renderText(template: string, context: object, renderLimit: number): Promise<string> {
  const text = String(await liquid.parseAndRender(template, context, { renderLimit }));
  if (text.length > MAX_CHARS) throw new RangeError(`a template gave more than ${MAX_CHARS} characters`);
  return text;
}
