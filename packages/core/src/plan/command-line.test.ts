import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandCommand, formatCommand, mapCommand, parseCommand, toArgv } from './command-line.ts';

function argvOf(text: string): readonly string[] {
  const parsed = parseCommand(text);
  if (!parsed.ok) throw new Error(`refused: ${parsed.problem.message}`);
  return toArgv(parsed.command);
}

function problemOf(
  input: string | readonly string[],
  shell: boolean | string = false,
): { message: string; hint: string; column?: number } {
  const parsed = parseCommand(input, shell);
  if (parsed.ok) throw new Error(`accepted: ${formatCommand(parsed.command)}`);
  return parsed.problem;
}

describe('a string is split by the words of a shell, without one', () => {
  test.each<[string, readonly string[]]>([
    ['nginx', ['nginx']],
    ['  php   artisan\tqueue:work  ', ['php', 'artisan', 'queue:work']],
    [`nginx -g 'daemon off;'`, ['nginx', '-g', 'daemon off;']],
    [`sh -c "exec \\"a b\\""`, ['sh', '-c', 'exec "a b"']],
    [`a "" ''`, ['a', '', '']],
    [`a b''c"d e"f`, ['a', 'bcd ef']],
    [`a \\| \\> \\$HOME`, ['a', '|', '>', '$HOME']],
    [`a 'it'\\''s'`, ['a', "it's"]],
    [`a "\\n \\\\ \\$x"`, ['a', '\\n \\ $x']],
    ['php artisan \\\n  queue:work\n', ['php', 'artisan', 'queue:work']],
    ['"a\\\nb"', ['ab']],
    ['node server.js --port=${PORT}', ['node', 'server.js', '--port=${PORT}']],
    [
      'x --url=${URL:-http://a b/?c=1&d} $${X} ${A:-${B:-c d}}',
      ['x', '--url=${URL:-http://a b/?c=1&d}', '$${X}', '${A:-${B:-c d}}'],
    ],
    ['awk {print} a#b 50% x=1 *.txt grep foo$', ['awk', '{print}', 'a#b', '50%', 'x=1', '*.txt', 'grep', 'foo$']],
    ['echo žluťoučký 🐎', ['echo', 'žluťoučký', '🐎']],
  ])('%j', (text, argv) => {
    expect(argvOf(text)).toEqual(argv);
  });

  test('and gives what /bin/sh gives, for any mix of quotes, escapes and blanks', () => {
    const piece = fc.constantFrom(
      'a',
      'b c',
      ' ',
      '\t',
      "'",
      '"',
      '\\',
      '\\\\',
      "''",
      '""',
      "'x y'",
      '"p q"',
      'é',
      '=',
      '\\ ',
      '\\"',
      "\\'",
      '%s',
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => `w${pieces.join('')}`);
    fc.assert(
      fc.property(text, (line) => {
        const parsed = parseCommand(line);
        fc.pre(parsed.ok);
        const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        expect(toArgv((parsed as { command: Parameters<typeof toArgv>[0] }).command)).toEqual(
          printed.split('\0').slice(0, -1),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('and a formatted command splits into the same words again', () => {
    const words = fc.array(
      fc.string({ minLength: 0, maxLength: 8 }).filter((word) => !word.includes('\0')),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(words, (rest) => {
        const argv: [string, ...string[]] = ['program', ...rest];
        expect(argvOf(formatCommand({ kind: 'argv', argv }))).toEqual(argv);
      }),
    );
  });
});

describe('what only a shell can do is refused, with its place', () => {
  test.each<[string, string, number]>([
    ['cat a | grep b', '`|` at character 7 needs a shell', 7],
    ['cd /app && php x', '`&&` at character 9 needs a shell', 9],
    ['a || b', '`||` at character 3 needs a shell', 3],
    ['a; b', '`;` at character 2 needs a shell', 2],
    ['a > b', '`>` at character 3 needs a shell', 3],
    ['a 2>&1', '`>` at character 4 needs a shell', 4],
    ['a < b', '`<` at character 3 needs a shell', 3],
    ['a &', '`&` at character 3 needs a shell', 3],
    ['(a)', '`(` at character 1 needs a shell', 1],
    ['echo $(date)', '`$(` at character 6 needs a shell', 6],
    ['echo `date`', 'a backquote at character 6 needs a shell', 6],
    ['a # b', '`#` (a comment) at character 3 needs a shell', 3],
  ])('%j', (text, message, column) => {
    const problem = problemOf(text);
    expect(problem).toMatchObject({ message, column });
    expect(problem.hint).toContain('"shell: true"');
  });

  test('two lines are two commands', () => {
    expect(problemOf('php a\nphp b\n')).toMatchObject({
      message: 'a line break at character 6 separates two commands',
      column: 6,
    });
  });

  test('single quotes make all of it text', () => {
    expect(argvOf(`echo '| && ; $(x) > \`y\` $Z ~'`)).toEqual(['echo', '| && ; $(x) > `y` $Z ~']);
  });
});

describe('what cannot be a command is refused', () => {
  test.each<[string, string | readonly string[], boolean | string, string]>([
    ['an empty string', '', false, 'the command is empty'],
    ['blanks alone', ' \n\t', false, 'the command is empty'],
    ['an empty shell line', ' ', true, 'the command is empty'],
    ['an empty list', [], false, 'the command is an empty list'],
    ['an empty program', ['', 'x'], false, 'the first word of the command, the program, is empty'],
    ['an empty quoted program', `'' x`, false, 'the first word of the command, the program, is empty'],
    ['a NUL in a list', ['a', 'b\0'], false, 'word 2 holds a NUL byte, which no program can be given'],
    ['a NUL in a string', 'a\0', true, 'character 2 holds a NUL byte, which no program can be given'],
    ['an open single quote', `echo 'x`, false, "the quote ' at character 6 is never closed"],
    ['an open double quote', `echo "x\\"`, false, 'the quote " at character 6 is never closed'],
    ['an open quote after a backslash at the end', `"x\\`, false, 'the quote " at character 1 is never closed'],
    ['a backslash at the end', 'echo \\', false, 'a backslash at the end escapes nothing'],
    ['a list for a shell', ['a'], true, 'a list is not a line for a shell'],
    ['a shell without a name', 'a', ' ', '"shell" names no program'],
    ['an assignment', 'PORT=80 node x', false, 'the command begins with an assignment, `PORT=`'],
  ])('%s', (_name, input, shell, message) => {
    const problem = problemOf(input, shell);
    expect(problem.message).toBe(message);
    expect(problem.hint).not.toBe('');
  });
});

test('a variable that no shell will expand is kept and warned of, unless it is quoted as text', () => {
  const parsed = parseCommand(`run $QUEUE "$1" ~/x '$quiet' \\$quiet $$ \${PORT} a~ 5$`);
  expect(parsed.ok && parsed.warnings.map((warning) => warning.message)).toEqual([
    '`$QUEUE` at character 5 stays as it is: no shell expands it',
    '`$1` at character 13 stays as it is: no shell expands it',
    '`~` at character 17 stays as it is: no shell expands it',
    '`$$` at character 38 stays as it is: no shell expands it',
  ]);
  expect(parsed.ok && toArgv(parsed.command)).toEqual([
    'run',
    '$QUEUE',
    '$1',
    '~/x',
    '$quiet',
    '$quiet',
    '$$',
    '${PORT}',
    'a~',
    '5$',
  ]);
});

test('what would be substituted in double quotes is kept and warned of, unless a shell is there to do it', () => {
  const parsed = parseCommand('run "$(date) `id`"');
  expect(parsed.ok && parsed.warnings.map((warning) => warning.column)).toEqual([6, 14, 17]);
  expect(parsed.ok && toArgv(parsed.command)).toEqual(['run', '$(date) `id`']);
  for (const line of ['sh -c "echo $X $(date)"', 'su-exec app /bin/bash -lc "echo `id`"'])
    expect(parseCommand(line)).toMatchObject({ ok: true, warnings: [] });
  expect(parseCommand('sh run.sh $X')).toMatchObject({ ok: true, warnings: [{ column: 11 }] });
});

test('a shell line goes to /bin/sh, or to the shell that is named', () => {
  expect(parseCommand('a | b', true)).toMatchObject({ ok: true, command: { kind: 'shell', line: 'a | b' } });
  expect(toArgv({ kind: 'shell', line: 'a | b' })).toEqual(['/bin/sh', '-c', 'a | b']);
  expect(parseCommand('a | b', '/bin/bash')).toMatchObject({
    command: { kind: 'argv', argv: ['/bin/bash', '-c', 'a | b'] },
  });
});

test('mapping a command reaches every word, and the whole shell line', () => {
  const expand = (text: string): string => text.replaceAll('${N}', '2');
  expect(mapCommand({ kind: 'argv', argv: ['x-${N}', 'y', '${N}'] }, expand)).toEqual({
    kind: 'argv',
    argv: ['x-2', 'y', '2'],
  });
  expect(mapCommand({ kind: 'shell', line: 'a ${N} | b' }, expand)).toEqual({ kind: 'shell', line: 'a 2 | b' });
});

test('expanding a command puts the variables of one instance into it', () => {
  const variables = { PM_INSTANCE: 'queue-2', PORT: '8001' };
  expect(
    expandCommand({ kind: 'argv', argv: ['run', '--name=${PM_INSTANCE}', '${PORT}', '$${PORT}', '$X'] }, variables),
  ).toEqual({
    kind: 'argv',
    argv: ['run', '--name=queue-2', '8001', '${PORT}', '$X'],
  });
});
