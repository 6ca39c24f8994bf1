import { Fragment } from 'react';
import { endOfMarks, inertParts } from './inert-parts.js';
import styles from './inert-text.module.css';

/** Longest text that is shown; of the rest one reads how long it is. */
const LIMIT = 20_000;
/** Most characters that are marked, each an element of the page; a text is cut before the next one. */
const MOST_MARKS = 2000;

/**
 * Text that an agent, a command or a stranger wrote. It is never read as markup; control, bidi and invisible characters
 * appear as marked names, so that what one reads is what is there.
 */
export function InertText({
  text,
  block = false,
  limit = LIMIT,
}: {
  readonly text: string;
  /** Keeps lines and spaces, in the code font. */
  readonly block?: boolean;
  readonly limit?: number;
}) {
  const beginning = text.length > limit ? text.slice(0, limit) : text;
  const shown = beginning.slice(0, endOfMarks(beginning, MOST_MARKS));
  const content = (
    <>
      {inertParts(shown).map((part, index) =>
        part.mark === undefined ? (
          <Fragment key={index}>{part.text}</Fragment>
        ) : (
          <span key={index} className={styles['mark']} title={part.text}>
            {part.mark}
          </span>
        ),
      )}
      {text.length > shown.length && (
        <span className={styles['cut']}>
          {' '}
          … {(text.length - shown.length).toLocaleString('en')} more characters
        </span>
      )}
    </>
  );
  // `dir` keeps right-to-left text from turning its surroundings around.
  return block ? (
    <pre className={styles['block']} dir="ltr" tabIndex={0}>
      {content}
    </pre>
  ) : (
    <bdi className={styles['inline']}>{content}</bdi>
  );
}
