import type { ReactNode } from 'react';
import { SwitchButton, SwitchField as AriaSwitchField, Text } from 'react-aria-components';
import styles from './field.module.css';

/** A switch with its consequence below. It shows what is stored, so a change appears when the server has confirmed it. */
export function SwitchField({
  label,
  description,
  isSelected,
  isDisabled = false,
  onChange,
}: {
  readonly label: string;
  readonly description?: ReactNode;
  readonly isSelected: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (isSelected: boolean) => void;
}) {
  return (
    <AriaSwitchField
      className={styles['switchField'] ?? ''}
      isSelected={isSelected}
      isDisabled={isDisabled}
      onChange={onChange}
    >
      <SwitchButton className={styles['switch'] ?? ''}>
        <span className={styles['track']}>
          <span className={styles['thumb']} />
        </span>
        <span className={styles['label']}>{label}</span>
      </SwitchButton>
      {description && (
        <Text slot="description" className={`${styles['description']} ${styles['switchNote']}`}>
          {description}
        </Text>
      )}
    </AriaSwitchField>
  );
}
