import type { Agent } from '../../api/api-types.js';
import type { ConfigView } from './config-queries.js';
import { IdentityForm } from './identity-form.js';
import { INSTRUCTION_FIELDS } from './setting-tables.js';
import { SettingsForm } from './settings-form.js';

/** Name and description of the agent, and what it is told about its work. */
export function GeneralSection({
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
      <IdentityForm agent={agent} />
      <SettingsForm
        agentId={agent.id}
        title="Instructions"
        fields={INSTRUCTION_FIELDS}
        view={view}
        canChange={canChange}
      />
    </>
  );
}
