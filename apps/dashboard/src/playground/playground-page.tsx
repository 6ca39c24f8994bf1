import { PageHeader } from '../components/page-header.js';

/** Policy playground. */
export function PlaygroundPage() {
  return (
    <div className="page">
      <PageHeader title="Policy playground" />
    </div>
  );
}
