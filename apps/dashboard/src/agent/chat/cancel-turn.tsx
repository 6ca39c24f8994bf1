import { useMutation } from '@tanstack/react-query';
import { Square } from 'lucide-react';
import { unwrap } from '../../api/api-client.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';

/** Ends the turn that a conversation is in. That it has ended is shown when the server says so of the message. */
export function CancelTurn({
  agentId,
  sessionKey,
}: {
  readonly agentId: string;
  readonly sessionKey: string;
}) {
  const api = useApi();
  const cancel = useMutation({
    mutationFn: async () =>
      unwrap(
        await api.POST('/api/agents/{id}/cancel', {
          params: { path: { id: agentId } },
          body: { session_key: sessionKey },
        }),
      ),
  });
  return (
    <>
      <Button
        size="small"
        icon={<Square aria-hidden="true" />}
        isPending={cancel.isPending}
        onPress={() => cancel.mutate()}
      >
        Stop this turn
      </Button>
      {cancel.isError && <FailureNotice error={cancel.error} />}
      {cancel.data?.cancelled === false && <p role="status">There is no turn to stop any more.</p>}
    </>
  );
}
