import { runInNewContext } from 'node:vm';
import { WEB_MEDIA_TYPES } from '@clawforce/protocol';
import { articleOf, markdownOf, parsePage, type PageElement } from './parse-page.js';

/** A page as it came. */
export interface PageInput {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Final URL; relative links are resolved against it. */
  readonly url: string;
  readonly mode: 'markdown' | 'text';
  /** Whether the page was cut; cut JSON is not parsed. */
  readonly truncated: boolean;
}

/** What can be read of a page. */
export interface PageReading {
  readonly text: string;
  /** How many characters of HTML were read, where the page has more. */
  readonly onlyFirst?: number;
}

/** Most characters of HTML that are parsed; a DOM costs many times its text. */
const MAX_HTML_CHARS = 2 * 1024 * 1024;
/**
 * Most tags, levels, and sum of levels over all tags, for which a DOM is made. Measured here: at these bounds a page
 * takes one to three seconds, and the worker's link stands still meanwhile.
 */
const MAX_TAGS = 30_000;
const MAX_DEPTH = 256;
const MAX_DEPTH_SUM = 1_000_000;
/** For making a DOM and Markdown: there are pages within all bounds that take any library minutes. Milliseconds. */
const FORMAT_MS = 5_000;
/** Most values and characters of JSON that is formatted: indentation grows with the depth of each value. */
const MAX_JSON_VALUES = 500_000;
const MAX_JSON_CHARS = 8 * 1024 * 1024;
const unclosed: ReadonlySet<string> = new Set(
  (
    'area base br col embed hr img input link meta param source track wbr ' +
    'p li dt dd tr td th thead tbody tfoot option optgroup colgroup rp rt html head body'
  ).split(' '),
);
const readableTypes = WEB_MEDIA_TYPES.map(
  (pattern) => new RegExp(`^${pattern.replace(/[.+]/g, '\\$&').replaceAll('*', '[^/]+')}$`),
);

/** Tells whether a media type promises text: the same types that the broker lets through, and never an absent one. */
export function isReadable(contentType: string): boolean {
  const type = mediaType(contentType);
  return readableTypes.some((pattern) => pattern.test(type));
}

/** Gives the readable content of a page, or `undefined` when it is binary whatever its media type says. */
export function pageText(page: PageInput, formatMs = FORMAT_MS): PageReading | undefined {
  const type = mediaType(page.contentType);
  if (Buffer.from(page.bytes.subarray(0, 8_192)).includes(0)) return undefined;
  const text = decode(page.bytes, page.contentType);
  if (/\bjson$/.test(type) && !page.truncated) return { text: prettyJson(text) };
  if (type === 'text/html' || type === 'application/xhtml+xml') {
    const read = htmlText(text.slice(0, MAX_HTML_CHARS), page, formatMs);
    return text.length > MAX_HTML_CHARS ? { text: read, onlyFirst: MAX_HTML_CHARS } : { text: read };
  }
  return { text };
}

function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function decode(bytes: Uint8Array, contentType: string): string {
  const head = Buffer.from(bytes.subarray(0, 1_024)).toString('latin1');
  const label =
    /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ??
    /<meta[^>]+charset\s*=\s*["']?([\w.:-]+)/i.exec(head)?.[1];
  try {
    return new TextDecoder(label ?? 'utf-8').decode(bytes);
  } catch {
    // An encoding that nobody knows: most pages are UTF-8 whatever they claim.
    return new TextDecoder().decode(bytes);
  }
}

function prettyJson(text: string): string {
  if (!isWorthIndenting(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** Whether JSON stays small when it is indented by two blanks for each level: four MiB could become any number. */
function isWorthIndenting(text: string): boolean {
  let depth = 0;
  let values = 0;
  let size = text.length;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const sign = text[i];
    if (quoted) {
      if (sign === '\\') i += 1;
      else if (sign === '"') quoted = false;
      continue;
    }
    if (sign === '"') {
      quoted = true;
      continue;
    }
    if (sign === '[' || sign === '{') depth += 1;
    else if (sign === ']' || sign === '}') depth = Math.max(0, depth - 1);
    else if (sign !== ',') continue;
    // A line of its own for what begins, goes on or ends here.
    values += 1;
    size += 1 + 2 * depth;
    if (values > MAX_JSON_VALUES || size > MAX_JSON_CHARS) return false;
  }
  return true;
}

function htmlText(html: string, page: PageInput, formatMs: number): string {
  // Readability and turndown take minutes for a hundred thousand nested elements; no honest page has them.
  if (isMonstrous(html)) return stripTags(html);
  try {
    return withinTime(formatMs, () => formatted(html, page));
  } catch {
    // A page that no parser survives, or not in time, still has its words.
    return stripTags(html);
  }
}

/** Runs what may take any time; V8 ends it, in a loop of a library or in a regular expression, when the time is over. */
function withinTime<T>(ms: number, work: () => T): T {
  return runInNewContext('work()', { work }, { timeout: ms }) as T;
}

function formatted(html: string, page: PageInput): string {
  // A fragment has no body of its own.
  const document = parsePage(
    /<html[\s>]/i.test(html) ? html : `<!doctype html><html><body>${html}</body></html>`,
  );
  for (const link of document.querySelectorAll('a[href]')) {
    const href = link.getAttribute('href') ?? '';
    if (URL.canParse(href, page.url)) link.setAttribute('href', new URL(href, page.url).href);
  }
  const titleElement = document.querySelector('title');
  const title = (titleElement?.textContent ?? '').trim();
  titleElement?.remove();
  const whole = document.body.innerHTML;
  const { body } = parsePage(`<!doctype html><html><body>${articleOf(document) ?? whole}</body></html>`);
  const text =
    page.mode === 'text'
      ? plainText(body)
      : markdownOf(body)
          .replace(/\n{3,}/g, '\n\n')
          .trim();
  return title === '' || text.startsWith(`# ${title}`) ? text : `# ${title}\n\n${text}`;
}

function plainText(body: PageElement): string {
  for (const element of body.querySelectorAll('script,style,noscript,iframe,object')) element.remove();
  for (const element of body.querySelectorAll('p,div,br,li,tr,h1,h2,h3,h4,h5,h6,pre,blockquote')) {
    element.append('\n');
  }
  return tidy(body.textContent ?? '');
}

function isMonstrous(html: string): boolean {
  let tags = 0;
  let depth = 0;
  let depthSum = 0;
  for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9-]*)/gi)) {
    tags += 1;
    if (tags > MAX_TAGS) return true;
    // Elements that need no end tag do not nest by themselves.
    if (unclosed.has(name.toLowerCase())) continue;
    depth = Math.max(0, depth + (slash === '/' ? -1 : 1));
    depthSum += depth;
    if (depth > MAX_DEPTH || depthSum > MAX_DEPTH_SUM) return true;
  }
  return false;
}

function stripTags(html: string): string {
  // No sign is passed over twice: what has no end would be searched for it from each beginning.
  return tidy(html.replace(/<(?:script|style)\b[^<>]*>[^<]*/gi, ' ').replace(/<[^<>]*>/g, ' '));
}

function tidy(text: string): string {
  return text
    .replace(/[ \t\f\v\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
