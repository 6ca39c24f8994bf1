import { PageHeader } from '../components/page-header.js';

/** Account. */
export function AccountPage() {
  return (
    <div className="page">
      <PageHeader title="Account" />
    </div>
  );
}
