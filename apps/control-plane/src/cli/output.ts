import { styleText } from 'node:util';
import Table from 'cli-table3';
import { safeJson, safeLine, safeText } from './safe-text.js';

/** Where a verb prints. */
export interface Output {
  readonly json: boolean;
  /** One line for a person. */
  line(text?: string): void;
  /** Text without a line break, for streams. */
  raw(text: string): void;
  /** The result as JSON, with `--json` only. */
  result(value: unknown): void;
  /** One of the results of a verb that follows, as one line of JSON, with `--json` only. */
  each(value: unknown): void;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Goes to standard error. */
  problem(text: string): void;
  color(style: 'red' | 'green' | 'yellow' | 'dim' | 'bold', text: string): string;
}

/** Gives the output of one call: people get text and tables, `--json` gets one JSON value, or one a line from a verb that follows. */
export function createOutput(
  json: boolean,
  out: NodeJS.WriteStream = process.stdout,
  err: NodeJS.WriteStream = process.stderr,
): Output {
  const colors = out.isTTY && !process.env['NO_COLOR'];
  return {
    json,
    line: (text = '') => {
      if (!json) out.write(`${text}\n`);
    },
    raw: (text) => {
      if (!json) out.write(text);
    },
    result: (value) => {
      if (json) out.write(`${safeJson(value)}\n`);
    },
    each: (value) => {
      if (json) out.write(`${safeJson(value, 0)}\n`);
    },
    table: (head, rows) => {
      if (json) return;
      const table = new Table({
        head: [...head],
        style: { head: colors ? ['bold'] : [], border: colors ? ['grey'] : [], compact: true },
        chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
      });
      for (const row of rows) table.push(row.map((cell) => safeLine(cell, 120)));
      out.write(`${table.toString()}\n`);
    },
    problem: (text) => {
      err.write(`${safeText(text)}\n`);
    },
    color: (style, text) => (colors ? styleText(style, text) : text),
  };
}
