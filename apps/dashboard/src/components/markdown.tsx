import { CatchBoundary } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { InertText } from './inert-text.js';
import { isCheapMarkdown } from './markdown-cost.js';

// The parser is large and only pages with agent text need it.
const Parsed = lazy(() =>
  import('./parsed-markdown.js').then(({ ParsedMarkdown }) => ({ default: ParsedMarkdown })),
);

/** Longest text that is shown as a whole when it is not formatted; of a longer one {@link InertText} shows the beginning. */
const WHOLE_LIMIT = 100_000;

/**
 * Markdown that an agent wrote: no HTML, no images, links only to http and https, each with its host beside it. What is
 * too costly to parse, or makes the parser fail, is shown as it was written.
 */
export function Markdown({ text }: { readonly text: string }) {
  if (!isCheapMarkdown(text)) return <Unformatted text={text} />;
  return (
    <CatchBoundary getResetKey={() => text} errorComponent={() => <Unformatted text={text} />}>
      <Suspense fallback={<InertText block text={text} />}>
        <Parsed text={text} />
      </Suspense>
    </CatchBoundary>
  );
}

function Unformatted({ text }: { readonly text: string }) {
  return (
    <>
      <p className="muted">Shown unformatted: as Markdown this text is too long or too deeply nested.</p>
      {text.length > WHOLE_LIMIT ? (
        <InertText block text={text} />
      ) : (
        <InertText block text={text} limit={WHOLE_LIMIT} />
      )}
    </>
  );
}
