import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button.js';
import { TextField } from '../../components/text-field.js';
import { SecretField, type SecretChange } from './secret-field.js';
import styles from './settings.module.css';

/** Extra headers of a provider: their names are shown, their values are secrets. */
export function HeaderFields({
  stored,
  headers,
  errorAt,
  onChange,
}: {
  readonly stored: readonly string[];
  readonly headers: Readonly<Record<string, SecretChange>>;
  readonly errorAt: (header: string) => string | undefined;
  readonly onChange: (headers: Readonly<Record<string, SecretChange>>) => void;
}) {
  const [name, setName] = useState('');
  const add = (): void => {
    const header = name.trim();
    if (header === '' || Object.hasOwn(headers, header)) return;
    onChange({ ...headers, [header]: { kind: 'set', value: '' } });
    setName('');
  };
  return (
    <fieldset className={styles['group']}>
      <legend>Extra headers</legend>
      {Object.entries(headers).map(([header, change]) => (
        <SecretField
          key={header}
          label={header}
          isStored={stored.includes(header)}
          change={change}
          onChange={(next) => onChange({ ...headers, [header]: next })}
          error={errorAt(header)}
        />
      ))}
      <div className={styles['addRow']}>
        <TextField
          label="Name of another header"
          value={name}
          onChange={setName}
          code
          autoComplete="off"
          spellCheck="false"
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <Button icon={<Plus aria-hidden="true" />} isDisabled={name.trim() === ''} onPress={add}>
          Add header
        </Button>
      </div>
    </fieldset>
  );
}
