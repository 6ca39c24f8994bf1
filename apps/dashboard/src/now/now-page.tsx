import { PageHeader } from '../components/page-header.js';

/** Now. */
export function NowPage() {
  return (
    <div className="page">
      <PageHeader title="Now" />
    </div>
  );
}
