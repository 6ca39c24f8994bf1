import { queryOptions, useQuery } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../../api/api-client.js';
import type { Agent, SecurityPreset } from '../../api/api-types.js';
import { useApi } from '../../app/services.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { Notice } from '../../components/notice.js';

function reviewQuery(api: ApiClient, agentId: string, level: string, version: number) {
  return queryOptions({
    queryKey: ['agent', agentId, 'config-review', level, version],
    queryFn: async ({ signal }) =>
      unwrap(
        await api.POST('/api/agents/{id}/config/review', {
          params: { path: { id: agentId } },
          body: { security: { docker: { level } } } as unknown as Record<string, never>,
          signal,
        }),
      ),
    staleTime: 0,
  });
}

/** What applying a preset would come to, asked of the server before anything is saved. */
export function PresetReview({
  agent,
  preset,
  version,
}: {
  readonly agent: Agent;
  readonly preset: SecurityPreset;
  readonly version: number;
}) {
  const review = useQuery(reviewQuery(useApi(), agent.id, preset.level, version));
  if (review.isPending) return <Loading what="what the change means" rows={2} />;
  if (review.isError) return <FailureNotice error={review.error} onRetry={() => void review.refetch()} />;
  const { refused, needs_password: needsPassword, loosens } = review.data;
  const loosensLevel = loosens.includes('security.docker.level');
  return (
    <Notice
      tone={refused || loosensLevel || !preset.available ? 'warn' : 'info'}
      announce
      title={
        loosensLevel
          ? `${preset.name} takes protection away from what is stored now.`
          : `${preset.name} protects more than what is stored now.`
      }
    >
      {refused && <p>{refused.error}</p>}
      {!preset.available && <p>{preset.unavailable_reason} The agent will not start until that changes.</p>}
      {needsPassword && !refused && <p>Your password is needed to apply it.</p>}
      {agent.running_level !== null && (
        <p>The running worker is not changed; stop and start the agent afterwards.</p>
      )}
    </Notice>
  );
}
