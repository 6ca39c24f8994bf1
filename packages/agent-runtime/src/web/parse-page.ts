import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import TurndownService from 'turndown';

/** The little of an element that is used here; the compiler has no DOM library, because workers have no DOM. */
export interface PageElement {
  readonly textContent: string | null;
  readonly innerHTML: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  append(text: string): void;
  remove(): void;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** The little of a document that is used here. */
export interface PageDocument {
  readonly body: PageElement;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** Gives the document of a page. Nothing is loaded and no script runs. */
export function parsePage(html: string): PageDocument {
  return (parseHTML(html) as unknown as { document: PageDocument }).document;
}

/** Gives the article of a page as HTML, or `undefined` when there is none worth the name. Changes the document. */
export function articleOf(document: PageDocument): string | undefined {
  const article = new Readability(document, { maxElemsToParse: 50_000 }).parse();
  // Readability finds no article in short pages, lists and forms.
  return article?.content && (article.textContent ?? '').trim().length > 200 ? article.content : undefined;
}

/** Gives the Markdown of an element. */
export function markdownOf(element: PageElement): string {
  const service = new TurndownService({
    headingStyle: 'atx',
    codeBlockStyle: 'fenced',
    bulletListMarker: '-',
  });
  service.remove(['script', 'style', 'noscript', 'iframe', 'object', 'form']);
  return service.turndown(element);
}
