import { describe, expect, test } from 'vitest';
import { addFrames, formatDiagnostics, limitDiagnostics, renderFrame, toDiagnosticLines } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';

const text = 'processes:\n  queue:\n    scael: 4\n';

describe('diagnostics', () => {
  test('a frame shows the line, what leads to it, and a caret', () => {
    expect(renderFrame(text.split('\n'), { line: 3, column: 5 })).toBe(
      '1 | processes:\n2 |   queue:\n3 |     scael: 4\n  |     ^',
    );
  });

  test('line numbers are aligned where they grow', () => {
    expect(renderFrame('a\n'.repeat(10).split('\n'), { line: 10, column: 1 })).toBe(' 8 | a\n 9 | a\n10 | a\n   | ^');
  });

  test('a long line is cut around the place', () => {
    const frame = renderFrame([`${'x'.repeat(500)}!${'x'.repeat(500)}`], { line: 1, column: 501 }) ?? '';
    const [line = '', caret = ''] = frame.split('\n');
    expect(line.length).toBeLessThan(170);
    expect(line[caret.indexOf('^')]).toBe('!');
  });

  test('a place outside the text has no frame', () => {
    expect(renderFrame(['a'], { line: 2, column: 1 })).toBeUndefined();
    expect(renderFrame(['a'], { line: 0, column: 1 })).toBeUndefined();
  });

  test('the whole report: place, what, frame, hint; what has no place comes last', () => {
    const diagnostics: Diagnostic[] = [
      { severity: 'error', path: '', message: 'no such key', source: 'PM_GLOBAL_X' },
      { severity: 'warning', path: 'b', message: 'late', position: { file: 'pm.yaml', line: 9, column: 1 } },
      {
        severity: 'error',
        path: 'processes.queue.scael',
        message: 'unknown key "scael"',
        hint: 'Did you mean "scale"?',
        position: { file: 'pm.yaml', line: 3, column: 5 },
      },
    ];
    expect(formatDiagnostics(addFrames(diagnostics, new Map([['pm.yaml', text]])))).toBe(
      [
        'pm.yaml:3:5 error processes.queue.scael: unknown key "scael"',
        '  1 | processes:',
        '  2 |   queue:',
        '  3 |     scael: 4',
        '    |     ^',
        '  Did you mean "scale"?',
        '',
        'pm.yaml:9:1 warning b: late',
        '',
        'PM_GLOBAL_X error no such key',
      ].join('\n'),
    );
  });

  test('for a log each is one line, whatever it is made of', () => {
    const diagnostics: Diagnostic[] = [
      { severity: 'error', path: 'b', message: 'two\n  lines\u0007', hint: 'Do this.', source: 'PM_X', frame: '1 | a' },
      { severity: 'error', path: 'a', message: 'one', position: { file: 'pm.yaml', line: 1, column: 2 } },
    ];
    expect(toDiagnosticLines(diagnostics)).toEqual([
      'pm.yaml:1:2 error a: one',
      'PM_X error b: two lines\ufffd. Do this.',
    ]);
  });

  test('a caller may colour every part', () => {
    const painted = formatDiagnostics(
      [{ severity: 'error', path: 'a', message: 'm', hint: 'h' }],
      (part, it) => `<${part}>${it}</>`,
    );
    expect(painted).toBe('<error>error</> <path>a</>: m\n  <hint>h</>');
  });

  test('nothing of a file can steer the terminal', () => {
    const report = formatDiagnostics([
      {
        severity: 'error',
        path: 'a',
        message: 'x\u001b[31m\u202ey',
        frame: renderFrame(['\u001b]0;title\u0007'], { line: 1, column: 1 }) ?? '',
      },
    ]);
    expect(report).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });

  test('more than a hundred are counted', () => {
    const many = Array.from({ length: 250 }, (_, index): Diagnostic => ({
      severity: 'error',
      path: String(index),
      message: 'm',
    }));
    expect(limitDiagnostics(many)).toHaveLength(101);
    expect(limitDiagnostics(many).at(-1)?.message).toBe('and 150 more problems');
  });
});
