import { Button } from 'react-aria-components';
import type { Activity } from '../../api/api-types.js';
import { Badge } from '../../components/badge.js';
import { InertText } from '../../components/inert-text.js';
import { RelativeTime } from '../../components/relative-time.js';
import { describeActivity } from './describe-activity.js';
import styles from './activity.module.css';

/** One event; a press opens it in full. */
export function ActivityLine({ item, onOpen }: { readonly item: Activity; readonly onOpen: () => void }) {
  const { badge, subject, text } = describeActivity(item);
  const [tone, word] = badge;
  return (
    <Button className={styles['line'] ?? ''} onPress={onOpen}>
      <span className={styles['time']}>
        <RelativeTime value={item.time} />
      </span>
      <span>
        <Badge tone={tone} dot>
          {word}
        </Badge>
      </span>
      <span className={styles['subject']}>
        <InertText text={subject} limit={80} />
      </span>
      <span className={styles['text']}>
        <InertText text={text} limit={240} />
      </span>
    </Button>
  );
}
