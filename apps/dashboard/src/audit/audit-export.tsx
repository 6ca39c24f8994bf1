import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { failureOf } from '../api/api-failure.js';
import { useServices } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { saveFile } from '../components/save-file.js';
import { refuseIssues } from '../api/check-request.js';
import { auditIssues, auditQueryOf, type AuditSearch } from './audit-filter.js';

/** Downloads the rows that match, as JSON lines. */
export function AuditExport({ search }: { readonly search: AuditSearch }) {
  const { fetchAuthorised } = useServices();
  const download = useMutation({
    mutationFn: async () => {
      refuseIssues(auditIssues(search));
      const url = new URL('/api/audit/export', window.location.origin);
      for (const [name, value] of Object.entries(auditQueryOf(search))) url.searchParams.set(name, value);
      const response = await fetchAuthorised(new Request(url));
      if (!response.ok) throw failureOf(response, await response.json().catch(() => undefined));
      saveFile(
        await response.blob(),
        `audit-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.jsonl`,
      );
    },
  });
  return (
    <>
      <Button
        icon={<Download aria-hidden="true" />}
        isPending={download.isPending}
        onPress={() => download.mutate()}
      >
        Export
      </Button>
      {download.isError && <FailureNotice error={download.error} />}
    </>
  );
}
