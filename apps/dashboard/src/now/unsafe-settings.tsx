import { Link } from '@tanstack/react-router';
import { sectionOf } from '../agent/settings/setting-sections.js';
import type { Now } from '../api/api-types.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { InertText } from '../components/inert-text.js';
import { Panel } from '../components/panel.js';
import { VirtualList } from '../components/virtual-list.js';
import styles from './now-page.module.css';

/** Settings that take protection away, of the server and of each agent, with what they mean and the way to where they stand. */
export function UnsafeSettings({ settings }: { readonly settings: Now['unsafe'] }) {
  return (
    <Panel title="Settings that are not safe" flush>
      {settings.length === 0 ? (
        <EmptyState title="Every setting is at its safe value." />
      ) : (
        <VirtualList
          label="Settings that are not safe"
          items={settings}
          keyOf={({ agent_id: agentId = '', setting }) => `${agentId} ${setting}`}
          estimate={96}
          maxHeight="max(20rem, 60dvh)"
        >
          {({ scope, agent_id: agentId, agent_name: name, setting, consequence, fix }) => (
            <div className={styles['unsafe']}>
              <div className="row">
                <Badge tone="warn">{scope === 'server' ? 'This server' : 'Agent'}</Badge>
                {agentId !== undefined && (
                  <Link
                    to="/agents/$agentId/settings"
                    params={{ agentId }}
                    search={{ section: sectionOf(setting) }}
                  >
                    <InertText text={name ?? agentId} limit={200} />
                  </Link>
                )}
                <code>{setting}</code>
              </div>
              <p>{consequence}</p>
              <p className="muted">{fix}</p>
            </div>
          )}
        </VirtualList>
      )}
    </Panel>
  );
}
