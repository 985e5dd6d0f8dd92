import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schemas } from './routes/schemas.ts';
import { validate } from './validate.ts';

const find = (ref: string) => schemas[ref.split('/').at(-1) as keyof typeof schemas];
const errorsOf = (value: unknown, name: keyof typeof schemas): string[] =>
  validate(value, schemas[name], find).map(({ path, message }) => `${path}: ${message}`);

test('what fits is right', () => {
  expect(errorsOf({ desired: 3 }, 'ScaleRequest')).toEqual([]);
  expect(errorsOf({ delta: -1 }, 'ScaleRequest')).toEqual([]);
  expect(errorsOf({ signal: 'HUP' }, 'SignalRequest')).toEqual([]);
  expect(errorsOf({ label: 'a=b', processes: { x: { command: 'x' } } }, 'ReconcileRequest')).toEqual([]);
});

test.for([
  [{}, 'ScaleRequest', ': expected desired or delta'],
  [{ desired: 1, delta: 1 }, 'ScaleRequest', ': expected only one of desired, delta'],
  [{ desired: '1' }, 'ScaleRequest', 'desired: expected a whole number, got "1"'],
  [{ desired: 1.5 }, 'ScaleRequest', 'desired: expected a whole number, got 1.5'],
  [{ desired: -1 }, 'ScaleRequest', 'desired: expected a number from 0 to 1000000, got -1'],
  [{ to: 1 }, 'ScaleRequest', 'to: is not known here; known are desired, delta'],
  [[], 'ScaleRequest', ': expected an object, got a list'],
  [null, 'SignalRequest', ': expected an object, got null'],
  [{ signal: '9' }, 'SignalRequest', 'signal: has not the form that is expected, such as "SIGHUP": "9"'],
  [{ label: 'ab', processes: {} }, 'ReconcileRequest', 'label: has not the form'],
  [{ label: 'a=b', processes: { x: 1 } }, 'ReconcileRequest', 'processes.x: expected an object, got 1'],
  [{ label: 'a=b' }, 'ReconcileRequest', ': "processes" is missing'],
] as const)('%o is no %s', ([value, name, message]) => {
  expect(errorsOf(value, name).join('\n')).toContain(message);
});

test('of a body that is wrong everywhere twenty errors are told', () => {
  const processes = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, index]));
  expect(errorsOf({ label: 'a=b', processes }, 'ReconcileRequest')).toHaveLength(20);
});

test('it agrees with a validator of JSON Schema about every body that requests have', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  for (const name of [
    'ScaleRequest',
    'SignalRequest',
    'ReconcileRequest',
    'NamedDeclaration',
    'ShutdownRequest',
    'Declaration',
  ] as const) {
    const isValid = ajv.compile({ ...schemas[name], components: { schemas } });
    const key = fc.constantFrom(
      'desired',
      'delta',
      'signal',
      'label',
      'processes',
      'name',
      'process',
      'reason',
      'other',
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom('HUP', 'a=b', 'x', ''),
      fc.dictionary(key, fc.jsonValue({ maxDepth: 1 })),
    );
    const body = fc.oneof(value, fc.dictionary(key, value, { maxKeys: 3 }));
    fc.assert(
      fc.property(body, (one) => (errorsOf(one, name).length === 0) === isValid(one)),
      { numRuns: 500 },
    );
  }
});
