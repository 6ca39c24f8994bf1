import styles from './loading.module.css';

/** Grey bars where content will be; read out once as "Loading …". */
export function Loading({ what, rows = 3 }: { readonly what: string; readonly rows?: number }) {
  return (
    <div className={styles['loading']} role="status">
      <span className="visually-hidden">Loading {what}</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} className={styles['bar']} aria-hidden="true" />
      ))}
    </div>
  );
}
