import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Agent, SecurityPreset } from '../../api/api-types.js';
import { runtimeQuery } from '../../agents/agent-queries.js';
import { LEVEL_NAMES } from '../../agents/level-badge.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { Notice } from '../../components/notice.js';
import { Panel } from '../../components/panel.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import { presetsQuery, type ConfigView } from './config-queries.js';
import { PresetCard } from './preset-card.js';
import { PresetReview } from './preset-review.js';
import { SaveOutcome } from './save-outcome.js';
import { useSaveConfig } from './use-save-config.js';
import styles from './security.module.css';

/** Level of an agent whose configuration names none. */
const DEFAULT_LEVEL = 'permissive';

type Level = SecurityPreset['level'];

/** The three presets. What is chosen counts only when it was applied and the server has taken it. */
export function PresetCards({
  agent,
  view,
  canChange,
}: {
  readonly agent: Agent;
  readonly view: ConfigView;
  readonly canChange: boolean;
}) {
  const api = useApi();
  const presets = useQuery(presetsQuery(api));
  const runtime = useQuery(runtimeQuery(api));
  const { save, isPending, error, isConflict, applied, reset } = useSaveConfig(agent.id);
  const [chosen, setChosen] = useState<Level>();
  const group = useId();
  const stored = view.config.security?.docker?.level ?? DEFAULT_LEVEL;
  const level = chosen ?? stored;
  const preset = presets.data?.find((known) => known.level === level);
  const changes = level !== stored;
  // Only a container is looked at from outside; everywhere else a level is a wish.
  const isHeld = runtime.data?.backend === 'docker';

  const apply = (): void => {
    save({ patch: { security: { docker: { level } } }, version: view.version }).then(
      () => setChosen(undefined),
      () => undefined,
    );
  };
  return (
    <Panel
      title="Isolation"
      note={`Stored: ${LEVEL_NAMES[stored] ?? stored}. A level holds from the start of the worker to its end.`}
    >
      <UnsavedGuard isDirty={changes} what="Isolation" />
      {presets.isPending && <Loading what="the presets" />}
      {presets.isError && <FailureNotice error={presets.error} onRetry={() => void presets.refetch()} />}
      {presets.data && (
        <div className="stack">
          {runtime.data && !isHeld && (
            <Notice tone="warn" title="This server does not hold what the cards promise of containers.">
              <p>
                It runs workers as plain processes. What it holds and what not stands below, under Requested
                and confirmed.
              </p>
            </Notice>
          )}
          <fieldset className={styles['cards']} disabled={!canChange || isPending}>
            <legend className="visually-hidden">Security preset</legend>
            {presets.data.map((known) => (
              <PresetCard
                key={known.level}
                preset={known}
                group={group}
                isHeld={isHeld}
                isChosen={known.level === level}
                isStored={known.level === stored}
                onChoose={() => {
                  reset();
                  setChosen(known.level);
                }}
              />
            ))}
          </fieldset>
          {changes && preset && <PresetReview agent={agent} preset={preset} version={view.version} />}
          {isConflict && (
            <Notice tone="warn" announce title="The settings were changed elsewhere meanwhile.">
              <p>Nothing was applied. Look at the stored level above and apply again if it is still right.</p>
            </Notice>
          )}
          {error !== null && <FailureNotice error={error} />}
          {applied && !changes && (
            <>
              <SaveOutcome applied={applied} />
              {agent.running_level !== null && (
                <p>
                  The present worker keeps the isolation that it was started with; stop and start the agent.
                </p>
              )}
            </>
          )}
          {canChange ? (
            <div className="row">
              <Button kind="primary" isDisabled={!changes} isPending={isPending} onPress={apply}>
                Apply
              </Button>
              {changes && (
                <Button
                  kind="quiet"
                  onPress={() => {
                    reset();
                    setChosen(undefined);
                  }}
                >
                  Keep {LEVEL_NAMES[stored] ?? stored}
                </Button>
              )}
            </div>
          ) : (
            <p className="muted">Your role may look at the preset and not change it.</p>
          )}
        </div>
      )}
    </Panel>
  );
}
