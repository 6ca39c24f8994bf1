import type { Settings } from '../settings/index.js';
import type { SettingStore } from '../storage/settings/setting-store.js';

/** The backends of this version. */
export type BackendKind = Settings['backend'];

/** Which backend this server is to use, and who says so. */
export interface BackendSelection {
  readonly kind: BackendKind;
  /** `stored`: set through the API; `environment`: ADMIN_RUNTIME_BACKEND; `chosen`: what works here; `default`: nobody said. */
  readonly source: 'stored' | 'environment' | 'chosen' | 'default';
  /** Why it is not the recommended one. */
  readonly reason?: string;
}

/** Every backend, the recommended one first. */
export const BACKENDS: readonly BackendKind[] = Object.freeze(['docker', 'process'] as const);

const STORED = 'runtime.backend';
const ACTIVE = 'runtime.active';

/** Gives the backend to open: what is stored wins over the environment (CONTRACT section 2). */
export async function selectBackend(
  { backend, backendSource, backendReason }: Settings,
  store: SettingStore,
): Promise<BackendSelection> {
  const stored = kindOf(await store.get(STORED));
  if (stored) return { kind: stored, source: 'stored' };
  return {
    kind: backend,
    source: backendSource,
    ...(backendReason === undefined ? {} : { reason: backendReason }),
  };
}

/** Keeps the operator's choice for every later start. */
export async function storeBackend(store: SettingStore, kind: BackendKind): Promise<void> {
  await store.set(STORED, kind);
}

/** Keeps which backend runs, for agents that are made while no server does. */
export async function noteActiveBackend(store: SettingStore, kind: BackendKind): Promise<void> {
  await store.set(ACTIVE, kind);
}

/** Gives the mode of a new agent while no server runs. */
export async function offlineMode(settings: Settings, store: SettingStore): Promise<BackendKind> {
  const { kind, source } = await selectBackend(settings, store);
  if (source === 'stored' || source === 'environment') return kind;
  return kindOf(await store.get(ACTIVE)) ?? kind;
}

function kindOf(text: string | undefined): BackendKind | undefined {
  return BACKENDS.find((kind) => kind === text);
}
