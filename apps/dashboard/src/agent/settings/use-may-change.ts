import { useQuery } from '@tanstack/react-query';
import { meQuery } from '../../agents/agent-queries.js';
import { useApi } from '../../app/services.js';

/** What the signed-in person may do here, to show what it may not as such. The server decides at every request. */
export function useMayChange(): {
  readonly config: boolean;
  readonly variables: boolean;
  readonly isSuperadmin: boolean;
} {
  const me = useQuery(meQuery(useApi()));
  const { permissions = [], role } = me.data ?? {};
  return {
    config: permissions.includes('config:write'),
    variables: permissions.includes('variable:write'),
    isSuperadmin: role === 'superadmin',
  };
}
