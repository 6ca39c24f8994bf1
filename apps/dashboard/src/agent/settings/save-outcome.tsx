import { CircleCheck } from 'lucide-react';
import { Notice } from '../../components/notice.js';
import type { Applied } from './use-save-config.js';
import styles from './settings.module.css';

/** Says what came of a save: whether it is stored only or in force. */
export function SaveOutcome({ applied }: { readonly applied: Applied }) {
  if (applied === 'unconfirmed')
    return (
      <Notice tone="warn" announce title="Saved, but the worker has not confirmed it.">
        <p>
          It may still work by the old settings. Stop and start the agent, and the new ones apply for certain.
        </p>
      </Notice>
    );
  return (
    <p className={styles['outcome']} role="status">
      <CircleCheck aria-hidden="true" />
      {applied === 'confirmed'
        ? 'Saved, and the running worker has confirmed it.'
        : 'Saved. It applies when the agent starts.'}
    </p>
  );
}
