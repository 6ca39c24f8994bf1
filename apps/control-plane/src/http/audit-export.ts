import { once } from 'node:events';
import type { Response } from 'express';
import type { AgentVisibility } from '../storage/agents/agent-store.js';
import type { AuditFilter, AuditQuery, AuditRecord } from '../storage/audit/audit-query.js';

const PAGE = 200;

/** Writes the rows that a filter finds as lines of JSON, newest first, as fast as the reader takes them. */
export async function exportAudit(
  query: AuditQuery,
  visibleTo: AgentVisibility,
  filter: AuditFilter,
  toLine: (row: AuditRecord) => unknown,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  let cursor: string | undefined;
  // The first page before the first byte, so that a failure is still an error answer.
  let page = await query.list(visibleTo, { ...filter, limit: PAGE });
  response.status(200).set({
    'content-type': 'application/x-ndjson; charset=utf-8',
    'content-disposition': 'attachment; filename="clawforce-audit.jsonl"',
  });
  for (;;) {
    const lines = page.items.map((row) => `${JSON.stringify(toLine(row))}\n`).join('');
    if (!response.write(lines)) await once(response, 'drain', { signal }).catch(() => undefined);
    cursor = page.next_cursor;
    if (cursor === undefined || signal.aborted) break;
    page = await query.list(visibleTo, { ...filter, limit: PAGE, cursor });
  }
  response.end();
}
