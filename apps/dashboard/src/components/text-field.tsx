import { useId, type ReactNode } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';
import styles from './field.module.css';

/** Properties of {@link TextField}. */
export interface TextFieldProps extends Omit<
  AriaTextFieldProps,
  'className' | 'style' | 'children' | 'isInvalid'
> {
  readonly label: ReactNode;
  readonly description?: ReactNode;
  /** What the server or the page found wrong; stands below the field and marks it. */
  readonly error?: string | undefined;
  /** Reads the error out when it appears, for where no notice does. */
  readonly announce?: boolean;
  /** More than one makes a box of that many lines. */
  readonly rows?: number;
  readonly placeholder?: string;
  /** For commands, paths, URLs and keys. */
  readonly code?: boolean;
  /** What the browser offers while one types; anything else may be typed. */
  readonly suggestions?: readonly string[];
  /** A box whose text cannot be read over a shoulder, as a line of type `password` is. */
  readonly masked?: boolean;
  /** The label is for screen readers only. */
  readonly hideLabel?: boolean;
}

/** A labelled line or box of text. What was typed stays, whatever the server says. */
export function TextField({
  label,
  description,
  error,
  announce = false,
  rows = 1,
  placeholder,
  code = false,
  hideLabel = false,
  masked = false,
  suggestions,
  ...rest
}: TextFieldProps) {
  const className = `${styles['input']} ${code ? styles['code'] : ''}`;
  const listId = useId();
  const hint = placeholder === undefined ? {} : { placeholder };
  return (
    <AriaTextField
      {...rest}
      className={styles['field'] ?? ''}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label className={hideLabel ? 'visually-hidden' : (styles['label'] ?? '')}>{label}</Label>
      {rows > 1 ? (
        <TextArea
          className={`${className} ${styles['area']} ${masked ? styles['masked'] : ''}`}
          rows={rows}
          {...hint}
        />
      ) : (
        <Input className={className} {...hint} {...(suggestions ? { list: listId } : {})} />
      )}
      {suggestions && (
        <datalist id={listId}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {description && (
        <Text slot="description" className={styles['description'] ?? ''}>
          {description}
        </Text>
      )}
      <FieldError className={styles['error'] ?? ''}>
        {announce ? <span role="alert">{error}</span> : error}
      </FieldError>
    </AriaTextField>
  );
}
