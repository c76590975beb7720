import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom. tools/structure/boundaries.spec.ts lints one forbidden import per rule and expects it to fail:
 * a rule without a failing example there does not count.
 */
const KAFKA_CLIENT = ['kafkajs'];
const DATABASE_CLIENT = ['pg', 'pg-copy-streams', '@mikro-orm/*'];
const NEST = ['@nestjs/*'];
export const depConstraints = [
  {
    sourceTag: 'type:app',
    onlyDependOnLibsWithTags: [
      'type:contracts',
      'type:classify',
      'type:quality',
      'type:service',
      'type:kafka',
      'type:persistence',
      'type:letters',
      'type:client',
      'type:testing',
    ],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT],
  },
  {
    sourceTag: 'type:contracts',
    onlyDependOnLibsWithTags: [],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST],
  },
  {
    sourceTag: 'type:classify',
    onlyDependOnLibsWithTags: ['type:contracts'],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST],
  },
  {
    sourceTag: 'type:quality',
    onlyDependOnLibsWithTags: [],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST],
  },
  {
    sourceTag: 'type:service',
    onlyDependOnLibsWithTags: ['type:contracts'],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT],
  },
  {
    sourceTag: 'type:kafka',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:service', 'type:testing'],
    bannedExternalImports: DATABASE_CLIENT,
  },
  {
    sourceTag: 'type:persistence',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:service', 'type:testing'],
    bannedExternalImports: KAFKA_CLIENT,
  },
  {
    sourceTag: 'type:letters',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:classify', 'type:kafka', 'type:persistence'],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST],
  },
  {
    // Runs in browsers, too.
    sourceTag: 'type:client',
    onlyDependOnLibsWithTags: [],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST],
  },
  {
    // The page runs in browsers only, and knows the service by its API alone.
    sourceTag: 'type:page',
    onlyDependOnLibsWithTags: ['type:client'],
    bannedExternalImports: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST],
  },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:contracts', 'type:service'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:contracts', 'type:testing'] },
];

/**
 * One dialect of names: types are in PascalCase, constants of a module that hold a plain value in UPPER_CASE (see
 * `constantNames`), and everything else in camelCase. Other constants of a module go by what they hold: a schema or a
 * function is camelCase, a table UPPER_CASE, a decorator PascalCase. A value that goes into a field or column of the same
 * name keeps it; so does what is taken out of an object. Properties and imports belong to events, columns, variables and
 * other modules.
 */
const NAMES = [
  'error',
  { selector: 'default', format: ['camelCase'] },
  { selector: 'typeLike', format: ['PascalCase'] },
  { selector: 'parameter', format: ['camelCase', 'snake_case'] },
  { selector: 'variable', format: ['camelCase', 'snake_case', 'StrictPascalCase'] },
  { selector: 'variable', modifiers: ['const', 'global'], format: ['camelCase', 'UPPER_CASE', 'PascalCase'] },
  { selector: ['variable', 'parameter'], modifiers: ['destructured'], format: null },
  { selector: 'variable', modifiers: ['const', 'global', 'destructured'], format: null },
  // Unused, and named only for its place.
  { selector: ['variable', 'parameter'], filter: '^_', format: null },
  { selector: ['property', 'method', 'accessor', 'import'], format: null },
];

/** How a boolean, a number or a string shows in the text: without types, the linter takes a third of the time. */
const PLAIN_VALUES = [
  'Literal:not([regex])',
  'TemplateLiteral',
  'UnaryExpression',
  'BinaryExpression',
  'MemberExpression[object.object.name="process"][object.property.name="env"]',
  'CallExpression[callee.object.name=/^(path|Math)$/]',
  'CallExpression[callee.name=/^(fileURLToPath|Number|String|Boolean)$/]',
];

const constantNames = (...values) => [
  'error',
  ...['Program', 'Program > ExportNamedDeclaration'].map((place) => ({
    selector:
      `${place} > VariableDeclaration[kind="const"] > VariableDeclarator[id.name=/^[^_].*[a-z]|^[a-z]/] > ` +
      `:matches(${values.join(', ')}).init`,
    message: 'A constant of a module that holds a plain value is named in UPPER_CASE.',
  })),
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/test-results/**',
      '.local/**',
      '.nx/**',
      // Generated.
      'libs/client/src/api.ts',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { '@nx': nx },
    // Without types the parser cannot tell that constructors name their providers at run time.
    languageOptions: { parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          // Tools are scripts that run from their sources: they have no package names to import each other by. Which of
          // them may lean on which is in .dependency-cruiser.mjs.
          allow: ['^(\\.\\./)+(devstack|e2e|faults|structure)/'],
          banTransitiveDependencies: false,
          // Tools that run before the first build load the contract when they need it, and commands the migrations.
          checkDynamicDependenciesExceptions: ['@chip/contracts', '@chip/persistence', '@chip/persistence/*'],
          depConstraints,
        },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/naming-convention': NAMES,
      'no-restricted-syntax': constantNames(...PLAIN_VALUES, 'ArrayExpression'),
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      // == null means absent or null, which the events of machines do not tell apart.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/testing/**', 'libs/persistence/src/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@chip/testing', '@chip/*/testing'], message: 'Test code stays out of what is shipped.' },
          ],
        },
      ],
    },
  },
  {
    // Commands talk to a person: their output is the terminal.
    files: ['tools/**/*.ts', 'apps/operator/**/*.ts', 'apps/machines/**/*.ts', '**/*.mjs'],
    rules: { 'no-console': 'off' },
  },
  {
    // Tests and tools look at the system from outside, with plain clients.
    files: ['**/*.int-spec.ts', '**/*.spec.ts', '**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Lists of a test collect what it sees or has to close.
      'no-restricted-syntax': constantNames(...PLAIN_VALUES),
    },
  },
  {
    // A component is a function in PascalCase.
    files: ['**/*.tsx'],
    rules: {
      '@typescript-eslint/naming-convention': [...NAMES, { selector: 'function', format: ['camelCase', 'PascalCase'] }],
    },
  },
  { rules: { curly: ['error', 'all'] } },
);
