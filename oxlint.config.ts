import { defineConfig } from 'oxlint';
import { toOverrides, zones } from './tools/boundaries.ts';

const assertions = [
  'expect',
  'expect*',
  'fc.assert',
  'assert*',
  'until*',
  'vi.waitFor',
  '**.line',
  '**.outputHas',
  '**.waitFor',
];

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'promise', 'node', 'vitest'],
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['**/dist/**', '**/prebuilt/**', 'coverage/**', 'tmp/**'],
  rules: {
    'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    'max-params': ['error', { max: 4 }],
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'typescript/no-explicit-any': 'error',
    // `typeof import(…)` is the type of a module that is loaded late.
    'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/prefer-node-protocol': 'error',
    // fast-check is used through its default export, `fc`.
    'import/no-named-as-default-member': 'off',
    'import/no-named-as-default': 'off',
    // Modules that merge declarations are imported for that alone.
    'import/no-unassigned-import': 'off',
    // The compiler's noImplicitReturns says the same and knows exhaustive switches.
    'typescript/consistent-return': 'off',
    // Sections are empty interfaces until a plugin merges its keys into them.
    'typescript/no-generated-empty-object-type': 'off',
    'typescript/no-redundant-type-constituents': 'off',
    // What a parser has checked must be named once; forbidding `as` there would only hide it in a guard.
    'typescript/no-unsafe-type-assertion': 'off',
    // A helper used by one test reads best inside it.
    'unicorn/consistent-function-scoping': 'off',
    'vitest/no-disabled-tests': 'error',
    'vitest/no-focused-tests': 'error',
    // To await a condition with a time limit is to assert it.
    'vitest/expect-expect': ['error', { assertFunctionNames: [...assertions] }],
    // `.toThrow()` after `not`, or where any refusal is meant.
    'vitest/require-to-throw-message': 'off',
    // An assertion may be awaited later; one that never is floats, which is an error of its own.
    'vitest/valid-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    // Does not know `test.runIf(…)`.
    'vitest/no-standalone-expect': 'off',
    'vitest/require-mock-type-parameters': 'off',
    // `new RegExp(text)` is how a text is asked whether it is one.
    'no-new': 'off',
    // Does not see that a closure changes the condition.
    'no-unmodified-loop-condition': 'off',
    // Objects here are made of closures: their methods do not use `this`.
    'typescript/unbound-method': 'off',
    'promise/always-return': 'off',
    // A list is copied before a loop that may change it.
    'unicorn/no-useless-spread': 'off',
    // What prints as [object Object] is found by no-base-to-string.
    'typescript/restrict-template-expressions': 'off',
    'no-unused-vars': [
      'error',
      {
        argsIgnorePattern: '^_',
        varsIgnorePattern: '^_',
        destructuredArrayIgnorePattern: '^_',
        ignoreRestSiblings: true,
      },
    ],
    // Vitest reads from an empty pattern that a fixture needs no other.
    'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'no-var': 'error',
    'prefer-const': 'error',
  },
  overrides: [
    ...toOverrides(zones),
    { files: ['**/*.test.ts'], rules: { 'max-lines': 'off', 'max-lines-per-function': 'off', 'max-params': 'off' } },
    // Modules as users write them, some of them hostile.
    {
      files: ['e2e/cases/**/*.mjs'],
      rules: { 'import/no-default-export': 'off', 'typescript/no-floating-promises': 'off' },
    },
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
});
