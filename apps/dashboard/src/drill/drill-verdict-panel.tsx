import type { Drill } from '../api/api-types.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { InertText } from '../components/inert-text.js';
import { describeDrill } from './describe-drill.js';
import styles from './drill.module.css';

/** What the drill came to in words; while it runs, how far it is. */
export function DrillVerdictPanel({
  drill,
  onFailures,
}: {
  readonly drill: Drill;
  readonly onFailures: () => void;
}) {
  const { tone, word, title, details } = describeDrill(drill);
  const isRunning = drill.state === 'running';
  return (
    <section className={styles['verdict']} data-verdict={drill.verdict} aria-label="Verdict">
      {/* Read out when it changes: the verdict, and not every attempt on the way to it. */}
      <div role="status" className={styles['word']}>
        <Badge tone={tone} dot>
          {word}
        </Badge>
        {!isRunning && <h2>{title}</h2>}
      </div>
      {isRunning && <h2>{title}</h2>}
      {isRunning && (
        <progress
          className={styles['progress']}
          aria-label="Attempts made"
          max={drill.planned}
          value={drill.rows.length}
        />
      )}
      {details.length > 0 && (
        <ul className={styles['details']}>
          {details.map((sentence) => (
            <li key={sentence}>
              <InertText text={sentence} />
            </li>
          ))}
        </ul>
      )}
      {drill.failed > 0 && (
        <div className="row">
          <Button size="small" onPress={onFailures}>
            Show what failed
          </Button>
        </div>
      )}
    </section>
  );
}
