import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import jsoncParser from 'jsonc-eslint-parser';
import tseslint from 'typescript-eslint';
import kebabFilename from './tools/eslint/kebab-filename.mjs';

const tests = [
  '**/*.test.ts',
  '**/testing/**/*.ts',
  '**/bench/**/*.ts',
  '**/examples/**/*.ts',
  'e2e/**/*.ts',
];

/** Who may open outgoing connections, start processes or touch files by name. Everything else is an error. */
const restricted = {
  childProcess: {
    name: 'node:child_process',
    message: 'child_process belongs to the runner, pool-process and tools.',
  },
  net: ['node:net', 'node:tls', 'node:http', 'node:https', 'node:http2', 'node:dgram', 'undici'].map(
    (name) => ({
      name,
      message: 'Outgoing connections belong to policy-net; unix sockets to protocol and the runner.',
    }),
  ),
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/out-tsc/**',
      '**/node_modules/**',
      '.nx/**',
      'apps/control-plane/src/storage/generated/**',
      'artifacts/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
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
  { files: ['vitest.config.ts', '**/vitest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
  {
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { '@nx': nx, clawforce: { rules: { 'kebab-filename': kebabFilename } } },
    rules: {
      'clawforce/kebab-filename': 'error',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          // Tests ask the host through one file outside of every package.
          allow: ['/tools/host/(host-test|requirements)\\.js$'],
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
            { sourceTag: 'layer:e2e', onlyDependOnLibsWithTags: ['*'] },
          ],
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
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [restricted.childProcess, ...restricted.net.filter(({ name }) => name !== 'node:net')] },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Outgoing connections belong to policy-net.' },
        { name: 'WebSocket', message: 'Outgoing connections belong to policy-net.' },
      ],
    },
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
    files: ['apps/control-plane/src/**/*.ts'],
    rules: {},
  },
  {
    files: ['packages/*/package.json', 'apps/*/package.json'],
    languageOptions: { parser: jsoncParser },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: ['**/*.test.ts', '**/testing/**', '**/bench/**', '**/examples/**'],
          checkVersionMismatches: false,
          ignoredDependencies: [],
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
