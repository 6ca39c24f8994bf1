import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { agentsQuery } from '../agents/agent-queries.js';
import { toFailure, type FieldIssue } from '../api/api-failure.js';
import type { PlacedIssues } from '../api/place-issues.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { inertLabel } from '../components/inert-parts.js';
import { SelectField } from '../components/select-field.js';
import { TextField } from '../components/text-field.js';
import { addressTimeOf, AUDIT_KINDS, auditIssues, localTimeOf, type AuditSearch } from './audit-filter.js';
import styles from './audit-page.module.css';

const EFFECTS = [
  { value: '', label: 'Any verdict' },
  { value: 'deny', label: 'Refused' },
  { value: 'allow', label: 'Allowed' },
  { value: 'ask', label: 'Asks' },
];
const KINDS = [
  { value: '', label: 'Any event' },
  ...AUDIT_KINDS.map((kind) => ({ value: kind, label: kind.replaceAll('_', ' ') })),
];

/** Parts of a query that have a field here. */
export const FILTER_FIELDS = [
  { pointer: '/rule', label: 'Rule' },
  { pointer: '/actor', label: 'Actor' },
  { pointer: '/since', label: 'Since' },
  { pointer: '/until', label: 'Until' },
  { pointer: '/agent_id', label: 'Agent' },
];

/** The filters. Choices apply at once, words with Enter or the button. */
export function AuditFilters({
  search,
  actors,
  issues,
  onChange,
}: {
  readonly search: AuditSearch;
  /** Names of actors that are known here. */
  readonly actors: readonly string[];
  /** What is wrong with the address. */
  readonly issues: PlacedIssues;
  readonly onChange: (next: Partial<AuditSearch>) => void;
}) {
  const agents = useQuery(agentsQuery(useApi()));
  const { rule = '', actor = '' } = search;
  const since = localTimeOf(search.since);
  const until = localTimeOf(search.until);
  const [words, setWords] = useState({ rule, actor, since, until });
  // The fields follow the address, in place: a new form would take the focus from who presses Enter.
  const address = [rule, actor, search.since, search.until].join('\n');
  const [followed, setFollowed] = useState(address);
  const [refused, setRefused] = useState<readonly FieldIssue[]>();
  if (followed !== address) {
    setFollowed(address);
    setWords({ rule, actor, since, until });
    setRefused(undefined);
  }
  const issueOf = (pointer: string): string | undefined =>
    refused?.find((issue) => issue.pointer === pointer)?.message ?? issues.at(pointer);
  const apply = (): void => {
    // A time that was not changed stays as it is: the field has no seconds.
    const next = {
      ...words,
      since: words.since === since && words.since !== '' ? (search.since ?? '') : addressTimeOf(words.since),
      until: words.until === until && words.until !== '' ? (search.until ?? '') : addressTimeOf(words.until),
    };
    const found = auditIssues(next);
    setRefused(found.length > 0 ? found : undefined);
    if (found.length === 0) onChange(next);
  };
  const agentOptions = [
    { value: '', label: 'Any agent' },
    ...(agents.data ?? []).map(({ id, name }) => ({ value: id, label: inertLabel(name) })),
  ];
  // An agent that is gone has rows still.
  if (search.agent && !agentOptions.some(({ value }) => value === search.agent))
    agentOptions.push({ value: search.agent, label: `${search.agent} (removed)` });
  return (
    <Form
      className={styles['filters'] ?? ''}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <SelectField
        label="Verdict"
        value={search.effect ?? ''}
        options={EFFECTS}
        onChange={(effect) => onChange({ effect })}
      />
      <SelectField
        label="Agent"
        value={search.agent ?? ''}
        options={agentOptions}
        error={
          [
            issueOf('/agent_id'),
            agents.isError && `The agents are not listed: ${toFailure(agents.error).message}`,
          ]
            .filter(Boolean)
            .join(' ') || undefined
        }
        onChange={(agent) => onChange({ agent })}
      />
      <SelectField
        label="Event"
        value={search.kind ?? ''}
        options={KINDS}
        onChange={(kind) => onChange({ kind })}
      />
      <TextField
        label="Rule"
        code
        value={words.rule}
        onChange={(value) => setWords({ ...words, rule: value })}
        error={issueOf('/rule')}
        placeholder="fs.zone.hidden"
      />
      <TextField
        label="Actor"
        suggestions={actors}
        autoComplete="off"
        value={words.actor}
        onChange={(value) => setWords({ ...words, actor: value })}
        error={issueOf('/actor')}
        placeholder="Name or id"
      />
      <TextField
        label="Since"
        type="datetime-local"
        value={words.since}
        onChange={(value) => setWords({ ...words, since: value })}
        error={issueOf('/since')}
      />
      <TextField
        label="Until"
        type="datetime-local"
        value={words.until}
        onChange={(value) => setWords({ ...words, until: value })}
        error={issueOf('/until')}
      />
      <Button type="submit">Apply</Button>
    </Form>
  );
}
