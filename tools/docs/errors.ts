import { errorCodes } from '../../packages/core/src/errors.ts';
import { toGeneratedNote, toPage, toTable } from './markdown.ts';

export function renderErrors(): string {
  return toPage(
    '# Errors',
    toGeneratedNote('packages/core/src/errors.ts'),
    'Every error of pm carries one of these codes, says what went wrong and where, and mostly a hint what to do.',
    toTable(
      ['code', 'meaning'],
      Object.entries(errorCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
  );
}
