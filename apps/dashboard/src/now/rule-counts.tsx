import { Link } from '@tanstack/react-router';
import type { Now } from '../api/api-types.js';
import { InertText } from '../components/inert-text.js';
import { Panel } from '../components/panel.js';
import styles from './now-page.module.css';

const LONGEST = 200;

/** Which rules refused most. Says so where it does not show every rule or does not count every refusal. */
export function RuleCounts({ refusals }: { readonly refusals: Now['refusals'] }) {
  const { by_rule: shown, rules, counted, total } = refusals;
  const most = Math.max(...shown.map(({ count }) => count));
  const notes = [
    rules > shown.length ? `The ${shown.length} that refused most of ${rules} rules.` : '',
    total > counted ? `Counted over the latest ${counted} of ${total} refusals.` : '',
  ].filter((note) => note !== '');
  return (
    <Panel title="By rule" note={notes.length > 0 ? notes.join(' ') : undefined} flush>
      <ul className={styles['rules']}>
        {shown.map(({ rule, count }) => (
          <li key={rule}>
            <Link
              to="/audit"
              // No policy has a rule with so long a name, and no address has room for it.
              search={rule.length > LONGEST ? { effect: 'deny' } : { rule }}
              className={styles['rule'] ?? ''}
            >
              <code>
                <InertText text={rule} limit={LONGEST} />
              </code>
              <span>{count}</span>
              <span
                className={styles['bar']}
                style={{ width: `${(100 * count) / most}%` }}
                aria-hidden="true"
              />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
