import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { TextField } from '../../components/text-field.js';
import styles from './settings.module.css';

/** What is to become of a secret. It can be kept, replaced or removed, and never looked at. */
export type SecretChange =
  { readonly kind: 'keep' } | { readonly kind: 'set'; readonly value: string } | { readonly kind: 'clear' };

/** A secret that only goes to the server. */
export function SecretField({
  label,
  isStored,
  change,
  onChange,
  error,
  description,
}: {
  readonly label: string;
  readonly isStored: boolean;
  readonly change: SecretChange;
  readonly onChange: (change: SecretChange) => void;
  readonly error?: string | undefined;
  readonly description?: string;
}) {
  if (change.kind === 'set')
    return (
      <div className={styles['secret']}>
        <TextField
          label={label}
          type="password"
          autoComplete="new-password"
          spellCheck="false"
          value={change.value}
          onChange={(value) => onChange({ kind: 'set', value })}
          description={description ?? 'Stored sealed, and never shown again.'}
          error={error}
          code
        />
        {isStored && (
          <Button size="small" kind="quiet" onPress={() => onChange({ kind: 'keep' })}>
            Keep the stored one
          </Button>
        )}
      </div>
    );
  const willClear = change.kind === 'clear';
  return (
    <div className={styles['secret']}>
      <p className={styles['secretLabel']}>{label}</p>
      <div className="row">
        <Badge tone={willClear ? 'warn' : isStored ? 'good' : 'neutral'}>
          {willClear ? 'Will be removed' : isStored ? 'Set' : 'Not set'}
        </Badge>
        <Button
          size="small"
          onPress={() => onChange({ kind: 'set', value: '' })}
          aria-label={`${isStored ? 'Replace' : 'Set'} ${label}`}
        >
          {isStored ? 'Replace' : 'Set'}
        </Button>
        {isStored && !willClear && (
          <Button size="small" onPress={() => onChange({ kind: 'clear' })} aria-label={`Remove ${label}`}>
            Remove
          </Button>
        )}
        {willClear && (
          <Button size="small" kind="quiet" onPress={() => onChange({ kind: 'keep' })}>
            Keep it
          </Button>
        )}
      </div>
      {error && <p className={styles['secretError']}>{error}</p>}
    </div>
  );
}
