import type { Activity } from '../../api/api-types.js';
import { describeActivity, type ActivityKind } from './describe-activity.js';

/** Choices of the filter, in the order in which they are offered. */
export const ACTIVITY_FILTERS: readonly { readonly value: '' | ActivityKind; readonly label: string }[] = [
  { value: '', label: 'Everything' },
  { value: 'refusals', label: 'Refusals' },
  { value: 'tools', label: 'Tools' },
  { value: 'messages', label: 'Messages' },
  { value: 'web', label: 'Web' },
  { value: 'state', label: 'State' },
];

/** Gives the events that the filter names; an unknown name filters nothing. */
export function filterActivity(items: readonly Activity[], only: string): readonly Activity[] {
  const filter = ACTIVITY_FILTERS.find(({ value }) => value === only && value !== '');
  if (!filter) return items;
  return items.filter((item) => (describeActivity(item).kinds as readonly string[]).includes(filter.value));
}
