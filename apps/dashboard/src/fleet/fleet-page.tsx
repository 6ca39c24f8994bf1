import { PageHeader } from '../components/page-header.js';

/** Fleet. */
export function FleetPage() {
  return (
    <div className="page">
      <PageHeader title="Fleet" />
    </div>
  );
}
