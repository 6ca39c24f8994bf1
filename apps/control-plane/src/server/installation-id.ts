import type { SettingStore } from '../storage/settings/setting-store.js';

const INSTALLATION = 'installation.id';

/** Names this installation, so that two of them on one host leave each other's workers alone. */
export async function installationId(store: SettingStore): Promise<string> {
  const known = await store.get(INSTALLATION);
  if (known !== undefined) return known;
  const id = crypto.randomUUID();
  await store.set(INSTALLATION, id);
  return id;
}
