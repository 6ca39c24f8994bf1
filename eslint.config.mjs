import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import jsoncParser from 'jsonc-eslint-parser';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import goingOut from './tools/eslint/going-out.mjs';
import kebabFilename from './tools/eslint/kebab-filename.mjs';

const tests = [
  '**/*.test.{ts,tsx}',
  '**/testing/**/*.{ts,tsx,mjs}',
  '**/bench/**/*.ts',
  '**/examples/**/*.ts',
  'e2e/**/*.ts',
];

/** Starting processes is for the files that are made for it. Types are free. */
const processImports = ['child_process', 'cluster'].flatMap((module) =>
  [`node:${module}`, module].map((name) => ({
    name,
    message: `${module} belongs to the runner, pool-process and tools.`,
    allowTypeImports: true,
  })),
);

/**
 * Who may open a connection or start a process beside policy-net, each with its reason. The one list (decision 0013):
 * everything else in apps and packages goes out by policy-net.
 */
const exemptions = [
  {
    may: 'connect',
    files: ['packages/policy-net/**'],
    why: 'It is what everybody else goes through.',
  },
  {
    may: 'connect and start',
    files: tests,
    why: 'They stand for clients, servers and hosts, and stay on this machine.',
  },
  {
    may: 'connect',
    files: ['apps/dashboard/**'],
    why: 'Runs in a browser, where the content security policy lets pages reach their own server only.',
  },
  {
    may: 'connect',
    files: ['packages/protocol/src/{broker,link}/client/**'],
    why: "The worker's way to its own control plane: the unix sockets that it is started with, or the URL it was told.",
  },
  {
    may: 'connect and start',
    files: ['packages/policy-shell/src/run/**', 'packages/policy-shell/shim/**'],
    why: 'The runner: commands are what it is for, sockets are pipes of its children, and the shim reaches egress.sock.',
  },
  {
    may: 'connect',
    files: ['packages/pool-docker/src/engine.ts'],
    why: 'dockerode: the socket of the engine that the operator names.',
  },
  {
    may: 'start',
    files: ['packages/pool-process/**'],
    why: 'Workers that are child processes are what it is for, with df and ps for their limits. It opens no connection.',
  },
  {
    may: 'connect',
    files: ['apps/control-plane/src/cli/admin-client.ts'],
    why: 'The command line talks to its own server: a unix socket below admin/, whose owner and mode it has checked.',
  },
  {
    may: 'connect',
    files: ['apps/control-plane/src/storage/**'],
    why: "The drivers of the database: the server that the operator's settings name.",
  },
  {
    may: 'connect',
    files: ['apps/control-plane/src/server/own-addresses.ts'],
    why: "Looks up the names in the operator's own settings, so that no agent is let to their addresses (decision 0165).",
  },
];
const exempt = (what) => exemptions.filter(({ may }) => may.includes(what)).flatMap(({ files }) => files);

/** What the product is made of: sources, commands and the shim. Tools build and test it and are no part of it. */
const product = [
  'packages/*/src/**/*.{ts,tsx,mts,mjs,cjs,js}',
  'apps/*/src/**/*.{ts,tsx,mts,mjs,cjs,js}',
  'apps/*/bin/**/*.{ts,mjs,cjs,js}',
  'packages/*/{bin,shim}/**/*.{ts,mjs,cjs,js}',
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
  // Gives the owner of two directories its rights back before policy-fs opens them (decision 0196).
  'packages/agent-runtime/src/worker/owner-access.ts',
  // The suite for authors of pools reads /proc.
  'packages/pool-core/src/conformance/**',
];

/** Where files are touched through policy-fs. */
const fileProduct = [
  'apps/*/src/**/*.ts',
  'packages/agent-runtime/src/**/*.ts',
  'packages/pool-{core,docker}/src/**/*.ts',
  'packages/protocol/src/**/*.ts',
];

const fileImports = ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'].map((name) => ({
  name,
  message:
    "Files below an agent's directory belong to policy-fs; exceptions are listed in eslint.config.mjs.",
  allowTypeImports: true,
}));

const clawforce = { rules: { 'going-out': goingOut, 'kebab-filename': kebabFilename } };

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
    plugins: { '@nx': nx, clawforce },
    rules: {
      'clawforce/kebab-filename': 'error',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          // Tests ask the host through one file outside of every package.
          allow: [
            '/tools/host/(host-test|requirements|test-image|npm-worker-image|confine-helper|second-engine)\\.js$',
            '/tools/bench/(compare|goal|time)\\.js$',
            '/tools/testing/time-growth\\.js$',
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
    files: product,
    ignores: exempt('connect'),
    plugins: { clawforce },
    rules: { 'clawforce/going-out': 'error' },
  },
  {
    files: product,
    ignores: exempt('start'),
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: processImports }] },
  },
  {
    files: fileProduct,
    ignores: [...tests, ...fileExceptions],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { paths: [...processImports, ...fileImports] }],
    },
  },
  {
    // As above, where child processes are what it is for.
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
