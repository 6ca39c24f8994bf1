import { PageHeader } from '../components/page-header.js';

/** Audit. */
export function AuditPage() {
  return (
    <div className="page">
      <PageHeader title="Audit" />
    </div>
  );
}
