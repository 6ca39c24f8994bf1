import { useLiveState } from '../live/live-context.js';
import { RelativeTime } from '../components/relative-time.js';
import styles from './connection-state.module.css';

/** Says whether what is shown follows the server; a lost connection is loud, a live one is quiet. */
export function ConnectionState() {
  const state = useLiveState();
  return (
    <div role="status" className={`${styles['state']} ${styles[state.kind]}`}>
      <span className={styles['dot']} aria-hidden="true" />
      {state.kind === 'live' && <span>Live</span>}
      {state.kind === 'connecting' && <span>Connecting</span>}
      {state.kind === 'lost' && (
        <span>
          Connection lost <RelativeTime value={new Date(state.since).toISOString()} />. What you see may be
          old.
          {state.failure && ` ${state.failure.message} ${state.failure.fix ?? ''}`}
        </span>
      )}
    </div>
  );
}
