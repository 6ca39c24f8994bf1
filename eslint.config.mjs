import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import jsoncParser from 'jsonc-eslint-parser';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import kebabFilename from './tools/eslint/kebab-filename.mjs';

const tests = [
  '**/*.test.{ts,tsx}',
  '**/testing/**/*.{ts,tsx}',
  '**/bench/**/*.ts',
  '**/examples/**/*.ts',
  'e2e/**/*.ts',
];

const goingOut = 'Outgoing connections belong to policy-net; unix sockets to protocol and the runner.';

/**
 * What only some files may import: starting processes and opening outgoing connections. Servers and types are free;
 * of a module with both, the parts that go out are named. A default import would bring everything, so it is named too.
 */
const restrictedImports = [
  {
    name: 'node:child_process',
    message: 'child_process belongs to the runner, pool-process and tools.',
    allowTypeImports: true,
  },
  ...Object.entries({
    'node:http': ['request', 'get', 'Agent', 'globalAgent', 'ClientRequest', 'default'],
    'node:https': ['request', 'get', 'Agent', 'globalAgent', 'default'],
    'node:http2': ['connect', 'default'],
    'node:net': ['connect', 'createConnection', 'Socket', 'default'],
    'node:tls': ['connect', 'createConnection', 'TLSSocket', 'default'],
  }).map(([name, importNames]) => ({ name, importNames, message: goingOut, allowTypeImports: true })),
  ...['node:dgram', 'undici', 'http', 'https', 'http2', 'net', 'tls', 'dgram', 'child_process'].map(
    (name) => ({
      name,
      message: goingOut,
    }),
  ),
];

/** Product files outside of the packages made for it that open a connection or start a process, each with its reason. */
const connectionExceptions = [
  // The command line talks to its own server: a unix socket below admin/, whose owner and mode it has checked.
  'apps/control-plane/src/cli/admin-client.ts',
];

/** Product files that may touch files by name, each with its reason. Below an agent directory everybody uses policy-fs. */
const fileExceptions = [
  // The demo's planted link: policy-fs makes none, by design.
  'apps/control-plane/src/demo/provision-demo-agent.ts',
  // Sockets and join credentials below the runtime directory, the admin socket, private temporary directories.
  'apps/control-plane/src/drills/drill-range.ts',
  // What a program of a drill has left, seen from outside: also where no zone is, and sockets.
  'apps/control-plane/src/drills/outside-look.ts',
  'apps/control-plane/src/hub/agent-sockets.ts',
  'apps/control-plane/src/server/{unix-listener,open-offline}.ts',
  'apps/control-plane/src/cli/connect.ts',
  'packages/protocol/src/link/client/connection.ts',
  // The control plane's own directory, database, lock and migrations.
  'apps/control-plane/src/drills/drill-files.ts',
  'apps/control-plane/src/settings/**',
  'apps/control-plane/src/storage/**',
  'apps/control-plane/src/version.ts',
  // The built dashboard, read once at the start.
  'apps/control-plane/src/ui/dashboard-files.ts',
  // The token file that the operator names.
  'apps/worker/src/read-environment.ts',
  // Before a start, zones are made and given to the worker's user; sizes are counted against the disk limit (decision 0153).
  'packages/pool-docker/src/{prepare-directories,walk-tree}.ts',
  // /proc, for files of workers that have no name any more, and the file system of the two directories that count.
  'packages/pool-docker/src/unlinked-usage.ts',
  // What the engine is told to mount, the control plane's own container, and throw-away proofs in the runtime directory.
  'packages/pool-docker/src/{bind-sources,own-container,proof-leftovers,shared-host-proof}.ts',
  // /proc, and the records and output files in the pool's own directory.
  'packages/pool-process/src/{find-orphans,free-space,orphan-child,process-stats,process-table}.ts',
  'packages/pool-process/src/{process-pool,spool-reader,worker-child,worker-record}.ts',
  // The suite for authors of pools reads /proc.
  'packages/pool-core/src/conformance/**',
];

const fileImports = ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'].map((name) => ({
  name,
  message:
    "Files below an agent's directory belong to policy-fs; exceptions are listed in eslint.config.mjs.",
  allowTypeImports: true,
}));

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/out-tsc/**',
      '**/node_modules/**',
      '.nx/**',
      'apps/control-plane/src/storage/generated/**',
      'apps/dashboard/src/api/generated/**',
      'artifacts/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-control-regex': 'off',
    },
  },
  {
    files: tests,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  // JSON answers of the product are read as they come.
  { files: ['e2e/**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
  {
    files: ['vitest.config.ts', '**/vitest.config.ts', '**/vite.config.ts'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['apps/dashboard/src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.flat.recommended.rules,
      // Speaks about the React Compiler, which is not used.
      'react-hooks/incompatible-library': 'off',
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    plugins: { '@nx': nx, clawforce: { rules: { 'kebab-filename': kebabFilename } } },
    rules: {
      'clawforce/kebab-filename': 'error',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          // Tests ask the host through one file outside of every package.
          allow: [
            '/tools/host/(host-test|requirements|test-image|npm-worker-image|confine-helper)\\.js$',
            '/tools/bench/(compare|time)\\.js$',
          ],
          depConstraints: [
            { sourceTag: 'layer:core', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'layer:library', onlyDependOnLibsWithTags: ['layer:core'] },
            {
              sourceTag: 'layer:composition',
              onlyDependOnLibsWithTags: ['layer:core', 'layer:library', 'layer:composition'],
            },
            {
              sourceTag: 'layer:app',
              onlyDependOnLibsWithTags: ['layer:core', 'layer:library', 'layer:composition'],
            },
            // Of programs nobody imports anything, each other's included (ARCHITECTURE section 2).
            {
              sourceTag: 'app:control-plane',
              onlyDependOnLibsWithTags: ['layer:core', 'layer:library', 'layer:composition'],
            },
            { sourceTag: 'app:worker', notDependOnLibsWithTags: ['field:auth', 'field:pool'] },
            // Its types of the API are generated from the document that the control plane serves.
            { sourceTag: 'app:dashboard', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'layer:e2e', onlyDependOnLibsWithTags: ['*'] },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/control-plane/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: '[source.value="@clawforce/agent-runtime"]',
          message:
            'The control plane judges with the gate (@clawforce/agent-runtime/gate) and runs no agent.',
        },
      ],
    },
  },
  {
    // README examples import their package as a reader does: by its published name.
    files: ['packages/*/examples/**'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    ignores: [
      ...tests,
      'packages/policy-net/**',
      'packages/policy-shell/src/run/**',
      'packages/policy-shell/src/run.ts',
      'packages/pool-process/**',
      'packages/protocol/**',
      // Runs in a browser, where the content security policy lets pages reach their own server only.
      'apps/dashboard/**',
    ],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { paths: restrictedImports }],
      'no-restricted-globals': [
        'error',
        {
          // Also as `globalThis.fetch`.
          checkGlobalObject: true,
          globals: ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].map((name) => ({
            name,
            message: 'Outgoing connections belong to policy-net.',
          })),
        },
      ],
    },
  },
  {
    files: [
      'apps/*/src/**/*.ts',
      'packages/agent-runtime/src/**/*.ts',
      'packages/pool-{core,docker}/src/**/*.ts',
      'packages/protocol/src/**/*.ts',
    ],
    ignores: [...tests, ...fileExceptions],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [...restrictedImports, ...fileImports] },
      ],
    },
  },
  {
    // Child processes are what it is for.
    files: ['packages/pool-process/src/**/*.ts'],
    ignores: [...tests, ...fileExceptions],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: fileImports }] },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Libraries do not read the environment; apps pass settings in.',
        },
      ],
    },
  },
  {
    files: [...connectionExceptions, 'packages/protocol/src/**/client/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    files: ['packages/*/package.json', 'apps/*/package.json'],
    // Everything that the dashboard imports is in its bundle, so users of the package install none of it.
    ignores: ['apps/dashboard/package.json'],
    languageOptions: { parser: jsoncParser },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: ['**/*.test.ts', '**/testing/**', '**/bench/**', '**/examples/**'],
          checkVersionMismatches: false,
          // Used without an import: the generated client, the strategy behind auth-rbac/passport, the worker that is
          // started. Imported and bundled (decision 0090): the parser of policy-shell.
          ignoredDependencies: ['@prisma/client', 'passport-jwt', '@clawforce/worker', 'unbash'],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        fetch: 'readonly',
        AbortSignal: 'readonly',
        AbortController: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
