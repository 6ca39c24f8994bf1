import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { agentQuery, meQuery } from '../../agents/agent-queries.js';
import type { Agent } from '../../api/api-types.js';
import { useApi } from '../../app/services.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { configQuery, type ConfigView } from './config-queries.js';
import { ExceptionList } from './exception-list.js';
import { GeneralSection } from './general-section.js';
import { ProviderList } from './provider-list.js';
import { SecuritySection } from './security-section.js';
import { SECTIONS } from './setting-sections.js';
import { MODEL_FIELDS, SHELL_FIELDS, WEB_FIELDS } from './setting-tables.js';
import { SettingsForm } from './settings-form.js';
import { useMayChange } from './use-may-change.js';
import { VariablesSection } from './variables-section.js';
import styles from './settings.module.css';

/** The settings of one agent; the address names the section. */
export function SettingsPage() {
  const { agentId } = useParams({ from: '/signed-in/agents/$agentId/settings' });
  const { section = 'security' } = useSearch({ from: '/signed-in/agents/$agentId/settings' });
  const api = useApi();
  const agent = useQuery(agentQuery(api, agentId));
  const config = useQuery(configQuery(api, agentId));
  const { config: canChange } = useMayChange();
  const me = useQuery(meQuery(api));
  return (
    <div className={styles['page']}>
      <nav className={styles['sections']} aria-label="Settings">
        {SECTIONS.map(([key, label]) => (
          <Link
            key={key}
            to="/agents/$agentId/settings"
            params={{ agentId }}
            search={{ section: key }}
            className={styles['section'] ?? ''}
            activeProps={{}}
            {...(key === section ? { 'aria-current': 'true' as const } : {})}
          >
            {label}
          </Link>
        ))}
      </nav>
      <div className="stack">
        {/* Without an answer everything below is read-only, which needs a reason. */}
        {me.isError && <FailureNotice error={me.error} onRetry={() => void me.refetch()} />}
        {config.isPending && <Loading what="the settings" rows={6} />}
        {config.isError && <FailureNotice error={config.error} onRetry={() => void config.refetch()} />}
        {agent.data && config.data && (
          <Section
            key={section}
            section={section}
            agent={agent.data}
            view={config.data}
            canChange={canChange}
          />
        )}
      </div>
    </div>
  );
}

function Section({
  section,
  agent,
  view,
  canChange,
}: {
  readonly section: string;
  readonly agent: Agent;
  readonly view: ConfigView;
  readonly canChange: boolean;
}) {
  const shared = { agentId: agent.id, view, canChange };
  switch (section) {
    case 'general':
      return <GeneralSection agent={agent} view={view} canChange={canChange} />;
    case 'model':
      return (
        <>
          <SettingsForm {...shared} title="Model" fields={MODEL_FIELDS} />
          <ProviderList {...shared} />
        </>
      );
    case 'tools':
      return <SettingsForm {...shared} title="Commands" fields={SHELL_FIELDS} />;
    case 'web':
      return (
        <>
          <SettingsForm {...shared} title="Hosts" fields={WEB_FIELDS} />
          <ExceptionList {...shared} />
        </>
      );
    case 'variables':
      return <VariablesSection agentId={agent.id} />;
    default:
      return <SecuritySection agent={agent} view={view} canChange={canChange} />;
  }
}
