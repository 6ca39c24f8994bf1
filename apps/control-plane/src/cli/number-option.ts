import { UsageError } from './usage-error.js';

/** What a numeric option admits and says of itself. */
interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly describe: string;
  readonly alias?: string;
}

/** Gives an option that admits whole numbers of a range only; everything else is wrong usage, with the range. */
export function numberOption<Rest extends NumberRange>(name: string, { min, max, ...rest }: Rest) {
  return {
    ...rest,
    type: 'number',
    requiresArg: true,
    coerce: (value: number): number => {
      if (Number.isInteger(value) && value >= min && value <= max) return value;
      throw new UsageError(`--${name}: expected a whole number from ${min} to ${max}.`);
    },
  } as const;
}
