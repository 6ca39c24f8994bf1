import { useMutation, useQuery } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { meQuery } from '../agents/agent-queries.js';
import { unwrap } from '../api/api-client.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Notice } from '../components/notice.js';

/** Lets somebody who may do so read the whole chain, and says what was found. */
export function ChainState() {
  const api = useApi();
  const me = useQuery(meQuery(api));
  const verify = useMutation({ mutationFn: async () => unwrap(await api.GET('/api/audit/verify')) });
  if (me.data && !me.data.permissions.includes('audit:verify')) return null;
  if (verify.isError) return <FailureNotice error={verify.error} onRetry={() => verify.mutate()} />;
  const { data } = verify;
  if (!data)
    return (
      <Button
        icon={<ShieldCheck aria-hidden="true" />}
        isPending={verify.isPending}
        onPress={() => verify.mutate()}
      >
        Verify the chain
      </Button>
    );
  return data.outcome === 'intact' ? (
    <Notice tone="info" announce title={`The chain is intact: ${data.rows ?? 0} rows fit together.`} />
  ) : (
    <Notice
      tone="bad"
      announce
      title={`The chain is ${data.outcome}${data.seq === undefined ? '' : ` at row ${data.seq}`}.`}
    >
      {data.reason && <p>{data.reason}</p>}
      <p>Keep the database as it is, export the rows, and compare them with an older checkpoint.</p>
    </Notice>
  );
}
