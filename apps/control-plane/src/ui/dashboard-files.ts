import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the build of the dashboard writes where each response gets its nonce (`html.cspNonce` of Vite). */
export const NONCE_PLACEHOLDER = '__CSP_NONCE__';

/** One file of the dashboard, as it is and compressed where the build compressed it. */
export interface DashboardFile {
  /** Extension with its dot, for the media type. */
  readonly extension: string;
  readonly plain: Buffer;
  readonly br?: Buffer;
  readonly gzip?: Buffer;
}

/**
 * The built dashboard in memory. Only names that were there at the start exist, so no request reaches another file of the
 * host, and a build that runs meanwhile does not mix its files with those of the page that is served.
 */
export class DashboardFiles {
  readonly #files: ReadonlyMap<string, DashboardFile>;
  readonly #page: string;

  private constructor(files: ReadonlyMap<string, DashboardFile>, page: string) {
    this.#files = files;
    this.#page = page;
  }

  /**
   * Reads a built dashboard; undefined when there is none.
   *
   * @throws Error when its page has no place for the nonce: every script of it would be refused by the browser.
   */
  static async read(directory: string): Promise<DashboardFiles | undefined> {
    const contents = await contentsOf(directory);
    const page = contents.get('/index.html')?.toString('utf8');
    if (page === undefined) return undefined;
    if (!page.includes(NONCE_PLACEHOLDER)) {
      throw new Error(
        `The page of the dashboard has no ${NONCE_PLACEHOLDER}: build it with html.cspNonce set to that.`,
      );
    }
    const files = new Map<string, DashboardFile>();
    for (const [path, plain] of contents) {
      const extension = extname(path);
      if (path === '/index.html' || ['.map', '.br', '.gz'].includes(extension)) continue;
      const br = contents.get(`${path}.br`);
      const gzip = contents.get(`${path}.gz`);
      files.set(path, { extension, plain, ...(br ? { br } : {}), ...(gzip ? { gzip } : {}) });
    }
    return new DashboardFiles(files, page);
  }

  /** The page for one response. */
  page(nonce: string): string {
    return this.#page.replaceAll(NONCE_PLACEHOLDER, nonce);
  }

  /** The file at the path of a URL, compared as it was sent. */
  find(path: string): DashboardFile | undefined {
    return this.#files.get(path);
  }
}

/** Gives the directory of this package that the build puts the dashboard into. */
export function dashboardDirectory(): string {
  // The same from src/ui and dist/ui.
  return fileURLToPath(new URL('../../dist/dashboard', import.meta.url));
}

/** Regular files by the path of their URL; links are left out. */
async function contentsOf(directory: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    },
  );
  const contents = new Map<string, Buffer>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    contents.set(`/${relative(directory, path).split(sep).join('/')}`, await readFile(path));
  }
  return contents;
}
