import type { AgentFiles } from '../agents/agent-files.js';
import type { Storage } from '../storage/index.js';

const PATH = '.config/agent.json';

/**
 * Writes an agent's configuration to `.config/agent.json` for people and backups: mode 0600, secrets as sealed text. It is
 * never read back as policy (ARCHITECTURE section 3, rules 1 and 2).
 */
export async function exportConfig(storage: Storage, files: AgentFiles, agentId: string): Promise<void> {
  const record = await storage.configs.get(agentId);
  if (!record) return;
  const secrets = await storage.configs.secrets(agentId);
  const document = {
    $comment: 'An export. Changes here have no effect: the database is the only source.',
    version: record.version,
    updated_at: record.updatedAt.toISOString(),
    config: record.document,
    sealed: Object.fromEntries(secrets.map(({ id, sealed }) => [id, sealed])),
  };
  const fs = await files.control(agentId);
  await fs.writeFile(PATH, `${JSON.stringify(document, null, 2)}\n`);
}
