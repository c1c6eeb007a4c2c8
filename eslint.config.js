import tseslint from 'typescript-eslint';

/** The rooms of ARCHITECTURE.md's map, and what each may import of the others; types included. */
const FOUNDATION = ['errors', 'settings', 'definition', 'clock'];
const MAY_IMPORT = {
  errors: [],
  settings: ['errors', 'definition'],
  definition: ['errors'],
  clock: [],
  plans: FOUNDATION,
  kafka: FOUNDATION,
  duckdb: [],
  lake: [...FOUNDATION, 'duckdb', 'plans'],
  engines: [...FOUNDATION, 'duckdb', 'plans', 'kafka'],
  // After engines/, which it is a part of: of two blocks for a file the later one counts.
  'engines/parquet': ['errors', 'definition'],
  'engines/plain': ['errors', 'definition', 'plans', 'kafka'],
  audit: [...FOUNDATION, 'duckdb', 'plans', 'kafka', 'engines', 'lake'],
  backfill: [...FOUNDATION, 'plans', 'kafka', 'engines', 'lake'],
  activities: [...FOUNDATION, 'plans', 'kafka', 'engines', 'lake', 'audit', 'backfill'],
  workflows: [...FOUNDATION, 'plans', 'activities'],
  temporal: [...FOUNDATION, 'workflows'],
  workers: [...FOUNDATION, 'kafka', 'engines', 'lake', 'audit', 'backfill', 'activities', 'workflows', 'temporal'],
  collectors: [...FOUNDATION, 'kafka'],
  dashboard: [...FOUNDATION, 'duckdb', 'kafka', 'lake', 'plans', 'backfill', 'workflows', 'temporal'],
  infra: [...FOUNDATION, 'kafka', 'lake', 'engines'],
  cli: [
    ...FOUNDATION,
    ...['duckdb', 'kafka', 'engines', 'lake', 'plans', 'audit', 'backfill'],
    ...['workflows', 'temporal', 'infra', 'dashboard'],
  ],
};

const KAFKA_LIBRARY = {
  group: ['@platformatic/kafka'],
  allowTypeImports: true,
  message: 'kafka/library.ts gives it, without loading what is not used.',
};

/** One lint block a room: its own further patterns, and every room that it may not reach into. */
function room(name, further = []) {
  const closed = Object.keys(MAY_IMPORT).filter((other) => other !== name && !MAY_IMPORT[name].includes(other));
  return {
    files: [`${name}/**/*.ts`, `${name}/**/*.tsx`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${closed.join('|')})/`,
              message: `${name}/ may not import this: see the map in ARCHITECTURE.md.`,
            },
            KAFKA_LIBRARY,
            ...further,
          ],
        },
      ],
    },
  };
}

const NO_BUILT_INS = { group: ['node:*'], message: 'This code is pure: effects belong in activities.' };
const ACTIVITY_TYPES_ONLY = {
  regex: '^(\\.\\./)+activities/',
  allowTypeImports: true,
  message: 'Workflows know activities by their types only.',
};
const TEMPORAL_LIBRARY = {
  group: ['@temporalio/worker'],
  allowTypeImports: true,
  message: 'workers/temporal-library.ts gives it, without loading what only its bundler uses.',
};
const THRIFT_LIBRARY = {
  group: ['thrift'],
  allowTypeImports: true,
  message: 'lake/hive/thrift-library.ts gives it, without loading its servers.',
};
const DEFINITION_TYPES_ONLY = {
  regex: '^(\\.\\./)+definition/',
  allowTypeImports: true,
  message: 'A file’s format knows a table by its types only.',
};
const NO_ENGINE = {
  regex: '^\\.\\./(?!\\.\\./)',
  message: 'A file’s format knows nothing of the engine that writes it.',
};
const FURTHER = {
  'engines/parquet': [NO_BUILT_INS, DEFINITION_TYPES_ONLY, NO_ENGINE],
  plans: [NO_BUILT_INS],
  workflows: [NO_BUILT_INS, ACTIVITY_TYPES_ONLY],
  workers: [TEMPORAL_LIBRARY],
  lake: [THRIFT_LIBRARY],
};

export default tseslint.config(
  // AssemblyScript has TypeScript's syntax, not its types: its own compiler checks it.
  { ignores: ['node_modules/', '.sluice/', 'coverage/', 'engines/plain/assembly/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    // Reading a signal's value subscribes to it, also where the value is not used.
    files: ['dashboard/page/**'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
  },
  ...Object.keys(MAY_IMPORT).map((name) => room(name, FURTHER[name])),
);
