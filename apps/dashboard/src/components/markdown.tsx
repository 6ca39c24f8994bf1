import { lazy, Suspense } from 'react';
import { InertText } from './inert-text.js';

// The parser is large and only pages with agent text need it.
const Parsed = lazy(() =>
  import('./parsed-markdown.js').then(({ ParsedMarkdown }) => ({ default: ParsedMarkdown })),
);

/** Longest text that is parsed; anything longer is shown as it was written. */
const PARSE_LIMIT = 100_000;

/** Markdown that an agent wrote: no HTML, no images, links only to http and https, each with its host beside it. */
export function Markdown({ text }: { readonly text: string }) {
  if (text.length > PARSE_LIMIT) return <InertText block text={text} />;
  return (
    <Suspense fallback={<InertText block text={text} />}>
      <Parsed text={text} />
    </Suspense>
  );
}
