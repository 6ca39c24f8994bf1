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

/** Most characters of HTML that are parsed; a DOM costs many times its text. */
const MAX_HTML_CHARS = 2 * 1024 * 1024;
/**
 * Most tags, levels, and sum of levels over all tags, for which a DOM is made. Measured here: at these bounds a page
 * takes one to three seconds, and the worker's link stands still meanwhile.
 */
const MAX_TAGS = 30_000;
const MAX_DEPTH = 256;
const MAX_DEPTH_SUM = 1_000_000;
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
export function pageText(page: PageInput): string | undefined {
  const type = mediaType(page.contentType);
  if (Buffer.from(page.bytes.subarray(0, 8_192)).includes(0)) return undefined;
  const text = decode(page.bytes, page.contentType);
  if (/\bjson$/.test(type) && !page.truncated) return prettyJson(text);
  if (type === 'text/html' || type === 'application/xhtml+xml') {
    return htmlText(text.slice(0, MAX_HTML_CHARS), page);
  }
  return text;
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
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

function htmlText(html: string, page: PageInput): string {
  // Readability and turndown take minutes for a hundred thousand nested elements; no honest page has them.
  if (isMonstrous(html)) return stripTags(html);
  try {
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
  } catch {
    // A page that no parser survives still has its words.
    return stripTags(html);
  }
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
  return tidy(html.replace(/<(?:script|style)\b[^>]*>[^<]*/gi, ' ').replace(/<[^<>]*>/g, ' '));
}

function tidy(text: string): string {
  return text
    .replace(/[ \t\f\v\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
