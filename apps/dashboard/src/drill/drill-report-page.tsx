import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { LEVEL_NAMES } from '../agents/level-badge.js';
import type { Drill } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { saveFile } from '../components/save-file.js';
import { DrillFacts } from './drill-facts.js';
import { drillQuery, isGone } from './drill-queries.js';
import { DrillRows } from './drill-rows.js';
import { DrillVerdictPanel } from './drill-verdict-panel.js';

/** One drill: how far it is, what it came to, and every attempt. The filter is in the address. */
export function DrillReportPage() {
  const { drillId } = useParams({ from: '/signed-in/drill/$drillId' });
  const { show, layer } = useSearch({ from: '/signed-in/drill/$drillId' });
  const navigate = useNavigate();
  const report = useQuery(drillQuery(useApi(), drillId));
  const drill = isGone(report.error) ? undefined : report.data;
  const change = (next: { readonly show?: string; readonly layer?: string }): void =>
    void navigate({
      to: '/drill/$drillId',
      params: { drillId },
      search: (old) =>
        Object.fromEntries(Object.entries({ ...old, ...next }).filter(([, value]) => value !== '')),
      replace: true,
    });
  return (
    <div className="page">
      <PageHeader
        title={drill ? `Drill at ${LEVEL_NAMES[drill.level] ?? drill.level}` : 'Drill'}
        note={<Link to="/drill">All drills</Link>}
        actions={
          drill && (
            <Button icon={<Download aria-hidden="true" />} onPress={() => download(drill)}>
              JSON
            </Button>
          )
        }
      />
      {report.isPending && <Loading what="the report" rows={8} />}
      {report.isError && <FailureNotice error={report.error} onRetry={() => void report.refetch()} />}
      {drill && (
        <>
          <DrillVerdictPanel drill={drill} onFailures={() => change({ show: 'failures', layer: '' })} />
          <DrillFacts drill={drill} />
          <DrillRows drill={drill} show={show ?? ''} layer={layer ?? ''} onChange={change} />
        </>
      )}
    </div>
  );
}

function download(drill: Drill): void {
  const time = drill.started_at.slice(0, 19).replaceAll(':', '-');
  saveFile(`${JSON.stringify(drill, null, 2)}\n`, `drill-${drill.level}-${time}.json`);
}
