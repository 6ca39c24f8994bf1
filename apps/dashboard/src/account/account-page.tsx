import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery, runtimeQuery } from '../agents/agent-queries.js';
import { useApi } from '../app/services.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { Panel } from '../components/panel.js';
import { SelectField } from '../components/select-field.js';
import { applyTheme, readTheme, type Theme } from '../design/theme.js';
import { PasswordForm } from './password-form.js';
import { SessionList } from './session-list.js';
import { SignOut } from './sign-out.js';
import styles from './account-page.module.css';

const THEMES = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** The person's own account: who they are, password, sessions, and how this browser shows the dashboard. */
export function AccountPage() {
  const api = useApi();
  const me = useQuery(meQuery(api));
  return (
    <div className="page">
      <PageHeader
        title="Account"
        note={me.data && `${me.data.username}, ${me.data.role}`}
        actions={<SignOut />}
      />
      {me.isPending && <Loading what="your account" />}
      {me.isError && <FailureNotice error={me.error} onRetry={() => void me.refetch()} />}
      <div className={styles['columns']}>
        <SessionList />
        <div className="stack">
          <PasswordForm />
          <Appearance />
          <ServerFacts />
        </div>
      </div>
    </div>
  );
}

function Appearance() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <Panel title="Appearance">
      <SelectField
        label="Theme"
        value={theme}
        options={THEMES}
        description="Of this browser only."
        onChange={(value) => {
          const chosen = THEMES.find((known) => known.value === value)?.value as Theme;
          applyTheme(chosen);
          setTheme(chosen);
        }}
      />
    </Panel>
  );
}

function ServerFacts() {
  const runtime = useQuery(runtimeQuery(useApi()));
  if (!runtime.data)
    return (
      <Panel title="This server">
        {runtime.isError ? (
          <FailureNotice error={runtime.error} onRetry={() => void runtime.refetch()} />
        ) : (
          <Loading what="what this server is" />
        )}
      </Panel>
    );
  const { version, backend, max_level: maxLevel, not_enforced: notEnforced = [] } = runtime.data;
  return (
    <Panel title="This server">
      <dl className={styles['facts']}>
        <dt>Version</dt>
        <dd>{version}</dd>
        <dt>Backend</dt>
        <dd>{backend ?? 'none'}</dd>
        <dt>Highest level</dt>
        <dd>{maxLevel}</dd>
        {notEnforced.length > 0 && (
          <>
            <dt>Not enforced here</dt>
            <dd>
              <ul>
                {notEnforced.map((sentence) => (
                  <li key={sentence}>{sentence}</li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
      <p className={styles['links']}>
        <a href="/api/docs">API reference</a>
      </p>
    </Panel>
  );
}
