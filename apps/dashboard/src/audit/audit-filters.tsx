import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { agentsQuery } from '../agents/agent-queries.js';
import { toFailure } from '../api/api-failure.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { inertString } from '../components/inert-parts.js';
import { SelectField } from '../components/select-field.js';
import { TextField } from '../components/text-field.js';
import { AUDIT_KINDS, type AuditSearch } from './audit-filter.js';
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

/** The filters. Choices apply at once, words with Enter or the button. */
export function AuditFilters({
  search,
  actors,
  onChange,
}: {
  readonly search: AuditSearch;
  /** Names of actors that are known here. */
  readonly actors: readonly string[];
  readonly onChange: (next: Partial<AuditSearch>) => void;
}) {
  const agents = useQuery(agentsQuery(useApi()));
  const { rule = '', actor = '', since = '', until = '' } = search;
  const [words, setWords] = useState({ rule, actor, since, until });
  // The fields follow the address, in place: a new form would take the focus from who presses Enter.
  const address = [rule, actor, since, until].join('\n');
  const [followed, setFollowed] = useState(address);
  if (followed !== address) {
    setFollowed(address);
    setWords({ rule, actor, since, until });
  }
  const agentOptions = [
    { value: '', label: 'Any agent' },
    ...(agents.data ?? []).map(({ id, name }) => ({ value: id, label: inertString(name) })),
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
        onChange(words);
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
        error={agents.isError ? `The agents are not listed: ${toFailure(agents.error).message}` : undefined}
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
        placeholder="fs.zone.hidden"
      />
      <TextField
        label="Actor"
        suggestions={actors}
        autoComplete="off"
        value={words.actor}
        onChange={(value) => setWords({ ...words, actor: value })}
        placeholder="Name or id"
      />
      <TextField
        label="Since"
        type="datetime-local"
        value={words.since}
        onChange={(value) => setWords({ ...words, since: value })}
      />
      <TextField
        label="Until"
        type="datetime-local"
        value={words.until}
        onChange={(value) => setWords({ ...words, until: value })}
      />
      <Button type="submit">Apply</Button>
    </Form>
  );
}
