import type { AgentConfig } from '../../api/api-types.js';
import { patchAt, pointerName, type ConfigPatch } from './config-patch.js';
import type { SecretChange } from './secret-field.js';

/** A provider of models as the configuration has it; its secrets are placeholders. */
export type Provider = NonNullable<AgentConfig['providers']>[string];

/** A provider as it is edited. */
export interface ProviderDraft {
  readonly name: string;
  readonly kind: Provider['kind'];
  readonly apiBase: string;
  readonly apiKey: SecretChange;
  /** What becomes of each header, by name. */
  readonly headers: Readonly<Record<string, SecretChange>>;
  readonly script: string;
}

/** Kinds of providers in words. */
export const PROVIDER_KINDS = [
  { value: 'openai_compatible', label: 'OpenAI and compatible' },
  { value: 'anthropic', label: 'Anthropic' },
  { value: 'scripted', label: 'Scripted (for trials, answers from a text)' },
] as const;

/** Gives a draft of a stored provider, or of a new one. */
export function providerDraft(name = '', provider?: Provider): ProviderDraft {
  return {
    name,
    kind: provider?.kind ?? 'openai_compatible',
    apiBase: provider?.api_base ?? '',
    apiKey: provider ? { kind: 'keep' } : { kind: 'set', value: '' },
    headers: Object.fromEntries(
      Object.keys(provider?.extra_headers ?? {}).map((header) => [header, { kind: 'keep' } as const]),
    ),
    script: provider?.script ?? '',
  };
}

/** Gives the change from the stored provider to the draft. A secret that is kept is not named, so it stays. */
export function providerPatch(draft: ProviderDraft, stored: Provider | undefined): ConfigPatch {
  const at = `/providers/${pointerName(draft.name)}`;
  const values: Record<string, unknown> = { [`${at}/kind`]: draft.kind };
  if (draft.apiBase.trim() !== (stored?.api_base ?? ''))
    values[`${at}/api_base`] = draft.apiBase.trim() || undefined;
  if (draft.script !== (stored?.script ?? '')) values[`${at}/script`] = draft.script || undefined;
  putSecret(values, `${at}/api_key`, draft.apiKey, stored?.api_key !== undefined);
  for (const [name, change] of Object.entries(draft.headers))
    putSecret(
      values,
      `${at}/extra_headers/${pointerName(name)}`,
      change,
      Object.hasOwn(stored?.extra_headers ?? {}, name),
    );
  return patchAt(values);
}

/** Whether a stored secret would follow to another address or kind of provider, which the server refuses. */
export function movesSecret(draft: ProviderDraft, stored: Provider | undefined): boolean {
  if (!stored) return false;
  if (draft.apiBase.trim() === (stored.api_base ?? '') && draft.kind === stored.kind) return false;
  const keepsKey = draft.apiKey.kind === 'keep' && (stored.api_key ?? '') !== '';
  return keepsKey || Object.values(draft.headers).some(({ kind }) => kind === 'keep');
}

function putSecret(
  values: Record<string, unknown>,
  pointer: string,
  change: SecretChange,
  isStored: boolean,
): void {
  if (change.kind === 'set' && change.value !== '') values[pointer] = change.value;
  if (change.kind === 'clear' && isStored) values[pointer] = undefined;
}
