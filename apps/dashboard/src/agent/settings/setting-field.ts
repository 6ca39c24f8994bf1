import type { AgentConfig } from '../../api/api-types.js';
import { patchAt, valueAt, type ConfigPatch } from './config-patch.js';

/** One setting that is edited as text. What it may be is the server's word: its schema judges every save. */
export interface SettingField {
  /** Where it stands in the configuration. */
  readonly pointer: string;
  readonly label: string;
  readonly description?: string;
  /** `flag` is a choice between `true` and `false`. */
  readonly kind: 'text' | 'long' | 'number' | 'lines' | 'choice' | 'flag';
  /** What applies while the field is empty. */
  readonly fallback: string;
  /** For commands, hosts and names. */
  readonly code?: boolean;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
}

/** What was typed, by pointer; the empty text stands for the default. */
export type Draft = Readonly<Record<string, string>>;

/** Gives the settings as they are edited. */
export function draftOf(fields: readonly SettingField[], config: AgentConfig): Draft {
  return Object.fromEntries(fields.map(({ pointer }) => [pointer, textOf(valueAt(config, pointer))]));
}

/** Gives the change from what was shown to what was typed; undefined when nothing differs. */
export function patchOf(
  fields: readonly SettingField[],
  shown: Draft,
  typed: Draft,
): ConfigPatch | undefined {
  const changed = changedFields(fields, shown, typed);
  if (changed.length === 0) return undefined;
  return patchAt(
    Object.fromEntries(changed.map((field) => [field.pointer, valueOf(field, typed[field.pointer] ?? '')])),
  );
}

/** Gives the fields in which two drafts differ. */
export function changedFields(
  fields: readonly SettingField[],
  one: Draft,
  other: Draft,
): readonly SettingField[] {
  return fields.filter(({ pointer }) => (one[pointer] ?? '') !== (other[pointer] ?? ''));
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join('\n');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

function valueOf({ kind }: SettingField, text: string): unknown {
  if (kind === 'lines') {
    const lines = text.split('\n').flatMap((line) => line.trim() || []);
    return lines.length === 0 ? undefined : lines;
  }
  if (kind === 'long') return text === '' ? undefined : text;
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (kind === 'flag') return trimmed === 'true';
  const number = Number(trimmed);
  // What is no number goes as it is, so that the server says what it expects there.
  return kind === 'number' && Number.isFinite(number) ? number : trimmed;
}
