import { useEffect, useState } from 'react';

const STEPS: readonly (readonly [
  limitSeconds: number,
  unit: Intl.RelativeTimeFormatUnit,
  seconds: number,
])[] = [
  [60, 'second', 1],
  [3600, 'minute', 60],
  [86_400, 'hour', 3600],
  [30 * 86_400, 'day', 86_400],
  [365 * 86_400, 'month', 30 * 86_400],
  [Number.POSITIVE_INFINITY, 'year', 365 * 86_400],
];

/** A time in words such as "3 minutes ago"; the exact one shows on hover and stands in `datetime`. Gets older by itself. */
export function RelativeTime({ value }: { readonly value: string }) {
  const time = new Date(value);
  const [now, setNow] = useState(() => Date.now());
  const isFresh = Math.abs(now - time.getTime()) < 60_000;
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), isFresh ? 5_000 : 30_000);
    return () => clearInterval(timer);
  }, [isFresh]);
  if (Number.isNaN(time.getTime())) return <span>unknown</span>;
  return (
    <time dateTime={value} title={exactTime(time)}>
      {relative(time, now)}
    </time>
  );
}

/** A time in words with the exact one beside it, for where one reads a single thing in full. */
export function FullTime({ value }: { readonly value: string }) {
  const time = new Date(value);
  return (
    <>
      <RelativeTime value={value} />
      {!Number.isNaN(time.getTime()) && ` · ${exactTime(time)}`}
    </>
  );
}

/** Gives a time to the second, in the person's zone, with the zone's name. */
export function exactTime(time: Date): string {
  return time.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
}

function relative(time: Date, now: number): string {
  const seconds = (time.getTime() - now) / 1000;
  if (Math.abs(seconds) < 5) return 'just now';
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  const [, unit, length] = step ?? [0, 'year' as const, 365 * 86_400];
  return FORMAT.format(Math.trunc(seconds / length), unit);
}

const FORMAT = new Intl.RelativeTimeFormat('en', { style: 'short', numeric: 'always' });
