import { SelectField } from '../../components/select-field.js';
import { TextField } from '../../components/text-field.js';
import type { SettingField } from './setting-field.js';

/** The control of one setting. An empty one shows the default that applies. */
export function SettingInput({
  field,
  value,
  error,
  isDisabled,
  onChange,
}: {
  readonly field: SettingField;
  readonly value: string;
  readonly error: string | undefined;
  readonly isDisabled: boolean;
  readonly onChange: (value: string) => void;
}) {
  const { label, description, kind, fallback, options = [], code = false } = field;
  if (kind === 'choice' || kind === 'flag')
    return (
      <SelectField
        label={label}
        value={value === '' ? fallback : value}
        options={options}
        description={description}
        error={error}
        isDisabled={isDisabled}
        onChange={onChange}
      />
    );
  const rows = kind === 'long' ? 6 : kind === 'lines' ? Math.min(14, value.split('\n').length + 2) : 1;
  return (
    <TextField
      label={label}
      value={value}
      onChange={onChange}
      rows={rows}
      placeholder={fallback}
      description={description}
      error={error}
      isDisabled={isDisabled}
      code={code || kind === 'lines'}
      spellCheck={kind === 'long' ? 'true' : 'false'}
      autoComplete="off"
      inputMode={kind === 'number' ? 'decimal' : 'text'}
    />
  );
}
