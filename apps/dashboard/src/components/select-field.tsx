import { useId, type ReactNode } from 'react';
import styles from './field.module.css';

/** One choice of a {@link SelectField}. */
export interface SelectOption {
  readonly value: string;
  readonly label: string;
}

/** A labelled choice of one. The browser's own list: it works with every keyboard, screen reader and phone. */
export function SelectField({
  label,
  value,
  options,
  onChange,
  description,
  error,
  isDisabled = false,
  hideLabel = false,
}: {
  readonly label: ReactNode;
  readonly value: string;
  readonly options: readonly SelectOption[];
  readonly onChange: (value: string) => void;
  readonly description?: ReactNode;
  readonly error?: string | undefined;
  readonly isDisabled?: boolean;
  readonly hideLabel?: boolean;
}) {
  const id = useId();
  const note = error ?? description;
  return (
    <div className={styles['field']}>
      <label className={hideLabel ? 'visually-hidden' : styles['label']} htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className={`${styles['input']} ${styles['native']}`}
        value={value}
        disabled={isDisabled}
        aria-invalid={error !== undefined}
        {...(note ? { 'aria-describedby': `${id}-note` } : {})}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {note && (
        <span id={`${id}-note`} className={error === undefined ? styles['description'] : styles['error']}>
          {note}
        </span>
      )}
    </div>
  );
}
