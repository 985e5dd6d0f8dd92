import { expect, test } from 'vitest';
import { safeParse } from 'valibot';
import { duration, mapOf } from './fields.ts';

const issuesOf = (input: unknown): string[] =>
  (
    safeParse(mapOf({ interval: duration(), timeout: duration() }, { what: 'a map of options' }), input).issues ?? []
  ).map(({ message }) => message);

test('a map of a plugin says itself what was meant by a key it does not know', () => {
  expect(issuesOf({ interval: '5s' })).toEqual([]);
  expect(issuesOf({ intervall: '5s' })).toEqual(['unknown key "intervall"\nDid you mean "interval"?']);
  expect(issuesOf({ zebra: 1 })).toEqual(['unknown key "zebra"\nAllowed here: interval, timeout.']);
});
