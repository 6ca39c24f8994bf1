import type { Agent } from '../../api/api-types.js';
import type { ConfigView } from './config-queries.js';
import { IsolationState } from './isolation-state.js';
import { PresetCards } from './preset-cards.js';
import { ProtectionSwitches } from './protection-switches.js';
import { LIMIT_FIELDS } from './setting-tables.js';
import { SettingsForm } from './settings-form.js';

/** How the agent is held: its level, what is really enforced, and the protections that can be taken off. */
export function SecuritySection({
  agent,
  view,
  canChange,
}: {
  readonly agent: Agent;
  readonly view: ConfigView;
  readonly canChange: boolean;
}) {
  return (
    <>
      <PresetCards agent={agent} view={view} canChange={canChange} />
      <IsolationState agent={agent} />
      <ProtectionSwitches agentId={agent.id} view={view} canChange={canChange} />
      <SettingsForm
        agentId={agent.id}
        title="Limits of the container"
        note="Only stricter than the level and the server allow. They apply at the next start; a backend that cannot hold them refuses to start the agent."
        fields={LIMIT_FIELDS}
        view={view}
        canChange={canChange}
      />
    </>
  );
}
