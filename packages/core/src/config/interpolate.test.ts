import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandInstance, instanceVariables, interpolate } from './interpolate.ts';

const sources = {
  env: { HOME: '/root', EMPTY: '', PORT: '80', TRICKY: 'a${PM_INSTANCE}b', DOLLAR: 'p$$w' },
  readFile: (path: string): string => {
    if (path === '/run/secrets/db') return 'hunter2\n';
    throw new Error('no such file');
  },
};

function expand(text: string, deferred: readonly string[] = instanceVariables): string {
  const { text: result, problems } = interpolate(text, sources, deferred);
  expect(problems).toEqual([]);
  return result;
}

describe('interpolation', () => {
  test.each([
    ['plain', 'plain'],
    ['${HOME}/bin', '/root/bin'],
    ['${EMPTY}', ''],
    ['${EMPTY:-x}', 'x'],
    ['${MISSING:-}', ''],
    ['${MISSING:-a${HOME}b}', 'a/rootb'],
    ['${MISSING:-${ALSO:-deep}}', 'deep'],
    ['${HOME:?must be set}', '/root'],
    ['${file:/run/secrets/db}', 'hunter2'],
    ['$${HOME}', '${HOME}'],
    ['$$${HOME}', '$${HOME}'],
    ['$HOME $$ $(id) $1', '$HOME $$ $(id) $1'],
    ['${HOME%/*} ${#HOME} ${1}', '${HOME%/*} ${#HOME} ${1}'],
    ['${DOLLAR}', 'p$$w'],
    ['$${never closed', '${never closed'],
  ])('%s becomes %s', (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  test.each([
    ['${MISSING}', 'the environment variable MISSING is not set'],
    ['${MISSING:?set it in compose}', 'MISSING is not set: set it in compose'],
    ['${EMPTY:?}', 'EMPTY is not set'],
    ['${file:/nope}', 'cannot read ${file:/nope}: no such file'],
    ['x ${HOME', '"${HOME" has no closing brace'],
  ])('%s is refused', (text, message) => {
    expect(interpolate(text, sources).problems.map((it) => it.message)).toEqual([message]);
  });

  test('every problem of one text is reported', () => {
    expect(interpolate('${A} ${B:?} ${file:/c}', sources).problems).toHaveLength(3);
  });

  test('instance variables wait for the instance, the rest does not', () => {
    const kept = expand('${HOME}/${PM_INSTANCE}/$${PM_INSTANCE}/${PORT:-${HOME}}');
    expect(kept).toBe('/root/${PM_INSTANCE}/$${PM_INSTANCE}/${PORT:-/root}');
    expect(expandInstance(kept, { PM_INSTANCE: 'queue-2' })).toBe('/root/queue-2/${PM_INSTANCE}//root');
  });

  test('a name that is not deferred comes from the environment', () => {
    expect(expand('${PORT}', ['PM_INSTANCE'])).toBe('80');
  });

  test('the content of a variable is data: what looks like an expression in it is not expanded later', () => {
    expect(expandInstance(expand('${TRICKY}'), { PM_INSTANCE: 'x' })).toBe('a${PM_INSTANCE}b');
  });

  test('expanding for an instance leaves what belongs to a shell', () => {
    expect(expandInstance('$X $$ ${X} $${X} ${', { X: 'no' })).toBe('$X $$ ${X} $${X} ${');
  });

  test('a value survives both expansions byte for byte, whatever it holds', () => {
    const pieces = fc.constantFrom('$', '{', '}', '${', '$${', 'PORT', 'PM_INSTANCE', ':-', ':?', 'a', '\n', 'æ');
    const value = fc.array(pieces, { maxLength: 12 }).map((it) => it.join(''));
    fc.assert(
      fc.property(value, (text) => {
        const once = interpolate('<${V}>', { ...sources, env: { V: text } }, instanceVariables).text;
        expect(expandInstance(once, { PORT: '1', PM_INSTANCE: 'i' })).toBe(`<${text}>`);
      }),
    );
  });

  test('text without "${" is never touched', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((it) => !it.includes('${')),
        (text) => {
          expect(expand(text)).toBe(text);
          expect(expandInstance(text, {})).toBe(text);
        },
      ),
    );
  });
});
