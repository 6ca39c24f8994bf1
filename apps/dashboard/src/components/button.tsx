import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import styles from './button.module.css';

/** Properties of {@link Button}. */
export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'children' | 'style'> {
  /** `primary` once in a place, `danger` for what cannot be undone, `quiet` in rows and toolbars. */
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly size?: 'normal' | 'small';
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
}

/** A button. `isPending` keeps the focus and refuses presses while the server is asked. An icon alone needs `aria-label`. */
export function Button({ kind = 'plain', size = 'normal', icon, children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={`${styles['button']} ${styles[kind]} ${styles[size]}`}>
      {icon}
      {children}
    </AriaButton>
  );
}
