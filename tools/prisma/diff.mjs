import { readFileSync } from 'node:fs';
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';

/*
 * The schema engine as WebAssembly: `prisma migrate` would download a native one, and with a stand-in for it prints nothing
 * and exits 0 (TOOLING section 3, points 1, 2 and 5). Only the diff of two datamodels is used: it needs no database, and
 * the diffs that start from a migrations folder are wrong here. One engine per process: a second one panics.
 */
const engineRoot = new URL('.', import.meta.resolve('@prisma/schema-engine-wasm'));

function stubAdapter(provider) {
  const unused = (query) =>
    Promise.reject(new Error(`a datamodel diff needs no database: ${JSON.stringify(query)}`));
  const names = { provider: provider === 'postgresql' ? 'postgres' : 'sqlite', adapterName: 'stub' };
  // The one thing the PostgreSQL side asks before a diff: does the schema exist, and which server is it?
  const version = (query) =>
    query.sql.includes('server_version_num')
      ? Promise.resolve({
          columnNames: ['exists', 'version', 'numeric_version'],
          columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
          rows: [[true, 'PostgreSQL 15.0', 150000]],
        })
      : unused(query);
  const connect = () =>
    Promise.resolve({
      ...names,
      queryRaw: version,
      executeRaw: unused,
      executeScript: unused,
      startTransaction: unused,
      dispose: () => Promise.resolve(),
      getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: false }),
    });
  return bindMigrationAwareSqlAdapterFactory({ ...names, connect, connectToShadowDb: connect });
}

/** Gives the SQL that leads from one datamodel to another; `from` undefined means an empty database. */
export async function diffSchemas(provider, from, to) {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message: (message) => process.stderr.write(`${message}\n`),
  };
  const glue = await import(new URL('schema_engine_bg.js', engineRoot).href);
  const bytes = readFileSync(new URL('schema_engine_bg.wasm', engineRoot));
  const { instance } = await globalThis.WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const file = (content) => ({ files: [{ path: 'schema.prisma', content }] });
  const engine = await glue.SchemaEngine.new(
    { datamodels: [['schema.prisma', to]] },
    () => undefined,
    stubAdapter(provider),
  );
  const { stdout } = await engine.diff({
    from: from === undefined ? { tag: 'empty' } : { tag: 'schemaDatamodel', ...file(from) },
    to: { tag: 'schemaDatamodel', ...file(to) },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return stdout ?? '';
}
