import { ChevronDown, ChevronUp } from 'lucide-react';
import { Button } from './button.js';
import { TextField } from './text-field.js';
import type { Find } from './use-find.js';
import styles from './find-field.module.css';

/** The box of a search in a list: Enter goes to the match before, Shift and Enter to the one after. */
export function FindField({ label, find }: { readonly label: string; readonly find: Find }) {
  const { query, setQuery, count, position, step } = find;
  const said =
    query.trim() === ''
      ? ''
      : count === 0
        ? 'Not found'
        : `${position === 0 ? '–' : position.toLocaleString('en')} of ${count.toLocaleString('en')}`;
  return (
    <div className={styles['find']} role="search">
      <TextField
        label={label}
        hideLabel
        type="search"
        placeholder={label}
        value={query}
        onChange={setQuery}
        autoComplete="off"
        onKeyDown={({ key, shiftKey }) => {
          if (key === 'Enter' && count > 0) step(shiftKey ? 1 : -1);
          if (key === 'Escape') setQuery('');
        }}
      />
      <span role="status" className={styles['count']}>
        {said}
      </span>
      <Button
        kind="quiet"
        size="small"
        icon={<ChevronUp aria-hidden="true" />}
        aria-label="Match before"
        isDisabled={count === 0}
        onPress={() => step(-1)}
      />
      <Button
        kind="quiet"
        size="small"
        icon={<ChevronDown aria-hidden="true" />}
        aria-label="Match after"
        isDisabled={count === 0}
        onPress={() => step(1)}
      />
    </div>
  );
}
