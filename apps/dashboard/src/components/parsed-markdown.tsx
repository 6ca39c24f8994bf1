import { memo, type ReactNode } from 'react';
import ReactMarkdown, { type Components, type Options } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { inertString } from './inert-parts.js';
import { InertText } from './inert-text.js';
import { inertTree } from './inert-tree.js';
import styles from './parsed-markdown.module.css';

/** The parsed form of {@link Markdown}; a text that did not change is not parsed again. */
export const ParsedMarkdown = memo(function ParsedMarkdown({ text }: { readonly text: string }) {
  return (
    <div className={styles['markdown']} dir="auto">
      <ReactMarkdown
        skipHtml={false}
        remarkPlugins={PLUGINS}
        rehypePlugins={REHYPE_PLUGINS}
        components={COMPONENTS}
        urlTransform={onlyWeb}
      >
        {inertString(text)}
      </ReactMarkdown>
    </div>
  );
});

const PLUGINS: NonNullable<Options['remarkPlugins']> = [remarkGfm];
// The source is made inert too, but Markdown reads `&#x202E;` and its like only afterwards.
const REHYPE_PLUGINS: NonNullable<Options['rehypePlugins']> = [() => inertTree];

/** Of a longer address one reads the beginning. */
const ADDRESS_LIMIT = 200;
/** No name of a host is longer. */
const HOST_LIMIT = 255;

function onlyWeb(url: string): string | undefined {
  return /^https?:\/\//i.test(url) ? url : undefined;
}

const COMPONENTS: Components = {
  // A picture would tell its host that somebody reads this, and when.
  img: ({ alt, src }) => (
    <span className={styles['image']}>
      [image not loaded{alt ? `: ${alt}` : ''}
      {typeof src === 'string' && src !== '' && (
        <>
          {' — '}
          <InertText text={src} limit={ADDRESS_LIMIT} />
        </>
      )}
      ]
    </span>
  ),
  a: ({ href, children }) => <OutsideLink href={href}>{children}</OutsideLink>,
  input: ({ checked }) => <span>{checked === true ? '[x]' : '[ ]'}</span>,
};

/** A link of an agent: its real target stands beside its words, and the other side learns nothing about us. */
function OutsideLink({
  href,
  children,
}: {
  readonly href: string | undefined;
  readonly children: ReactNode;
}) {
  if (href === undefined || href === '') return <span className={styles['dead']}>{children}</span>;
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow" referrerPolicy="no-referrer">
        {children}
      </a>
      <span className={styles['target']}>
        {' '}
        (<InertText text={hostOf(href)} limit={HOST_LIMIT} />)
      </span>
    </>
  );
}

function hostOf(href: string): string {
  return URL.canParse(href) ? new URL(href).host : 'unreadable address';
}
