import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../api/api-client.js';
import { refuseIssues } from '../api/check-request.js';
import { auditIssues, auditQueryOf, type AuditSearch } from './audit-filter.js';

/** Rows of the audit log that match, newest first, a page at a time. */
export function auditRowsQuery(api: ApiClient, search: AuditSearch) {
  const filter = auditQueryOf(search);
  const issues = auditIssues(search);
  return infiniteQueryOptions({
    queryKey: ['audit', filter, issues],
    queryFn: async ({ pageParam, signal }) => {
      refuseIssues(issues);
      return unwrap(
        await api.GET('/api/audit', {
          params: { query: { ...filter, limit: 100, ...(pageParam === '' ? {} : { cursor: pageParam }) } },
          signal,
        }),
      );
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** One row by its number. */
export function auditRowQuery(api: ApiClient, seq: number) {
  return queryOptions({
    queryKey: ['audit-row', seq],
    queryFn: async ({ signal }) => {
      const page = unwrap(
        await api.GET('/api/audit', { params: { query: { after: seq - 1, limit: 1 } }, signal }),
      );
      // A row that the person may not see is skipped by the server, and another one comes.
      return page.items.find((row) => row.seq === seq) ?? null;
    },
  });
}
