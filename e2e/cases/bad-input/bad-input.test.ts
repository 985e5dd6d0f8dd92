import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Folder, test } from '../../harness/folder.ts';

/** What `pm run` says to a configuration that it refuses. Whatever it started would write `started` into the folder. */
async function refuse(
  folder: Folder,
  args: readonly string[] = ['run'],
  options: Parameters<Folder['pm']>[1] = {},
): Promise<{ code: number | null; text: string }> {
  const pm = folder.pm(args, options);
  const { code } = await pm.ended;
  const text = pm.err.lines.join('\n');
  expect(pm.out.lines).toEqual([]);
  expect(text).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  expect(await folder.read('started')).toBe('');
  return { code, text };
}

const starter = 'a: { command: [sh, -c, "echo started > started"] }';

describe('a configuration that is wrong starts nothing and exits 78 [line 1]', () => {
  test.for<[title: string, yaml: string, ...told: string[]]>([
    [
      'an unknown key',
      `processes:\n  ${starter}\n  b:\n    comand: [true]\n`,
      'pm.yaml:4:5 error',
      '"comand"',
      'Did you mean "command"?',
      '4 |     comand: [true]',
      '^',
    ],
    [
      'a wrong type',
      `processes:\n  ${starter}\n  b: { command: [sleep, "9"], scale: many }\n`,
      'pm.yaml:3:',
      'processes.b.scale',
      'many',
    ],
    [
      'a dependency cycle',
      `processes:\n  ${starter}\n  b: { command: [sleep, "9"], depends_on: c }\n  c: { command: [sleep, "9"], depends_on: b }\n`,
      'b → c → b',
    ],
    [
      'an unknown dependency',
      `processes:\n  ${starter}\n  web: { command: [sleep, "9"] }\n  b: { command: [sleep, "9"], depends_on: wbe }\n`,
      '"wbe"',
      'Did you mean "web"?',
    ],
    [
      'a missing binary',
      `processes:\n  ${starter}\n  b: { command: [no-such-program] }\n`,
      'pm.yaml:3:',
      'no-such-program',
    ],
    [
      'an unknown user',
      `processes:\n  ${starter}\n  b: { command: [sleep, "9"], user: nobdy }\n`,
      'pm.yaml:3:',
      '"nobdy"',
    ],
    [
      'a missing env file',
      `processes:\n  ${starter}\n  b: { command: [sleep, "9"], env_file: missing.env }\n`,
      'pm.yaml:3:',
      'missing.env',
    ],
    [
      'overlapping port ranges',
      `processes:\n  ${starter}\n  b: { command: [sleep, "9"], scale: 3, port_base: 9000 }\n  c: { command: [sleep, "9"], port_base: 9002 }\n`,
      '9002',
    ],
    ['a NUL in a name', `processes:\n  ${starter}\n  "b\\0c": { command: [sleep, "9"] }\n`, 'pm.yaml:3:'],
    ['an empty command', `processes:\n  ${starter}\n  b: { command: [] }\n`, 'pm.yaml:3:', 'processes.b.command'],
    ['an empty file', '', 'the configuration is empty', 'npx create-pm-config'],
    ['a list', '- a\n- b\n', 'got a list'],
    ['broken YAML', `processes:\n  ${starter}\n  b: { command: [sleep\n`, 'pm.yaml:', 'error'],
    [
      'an alias bomb',
      `x: &a [l, l, l, l, l, l, l, l]\n${Array.from({ length: 9 }, (_, n) => `x${n}: &a${n} [${Array.from({ length: 9 }, () => `*a${n === 0 ? '' : n - 1}`).join(', ')}]`).join('\n')}\nprocesses: { ${starter} }\n`,
      'error',
    ],
    [
      'an unset variable',
      `processes:\n  ${starter}\n  b: { command: [sleep, "$\{MISSING}"] }\n`,
      'pm.yaml:3:',
      'MISSING',
    ],
  ])('%s', async ([, yaml, ...told], { folder }) => {
    await folder.write('pm.yaml', yaml);
    const { code, text } = await refuse(folder);
    for (const words of told) expect(text).toContain(words);
    expect(code).toBe(78);
  });

  test('all mistakes are told at once', async ({ folder }) => {
    await folder.write(
      'pm.yaml',
      `processes:\n  ${starter}\n  b: { command: [sleep, "9"], scael: 2 }\n  c: { comand: [x] }\n`,
    );
    const { text } = await refuse(folder);
    expect(text).toContain('pm.yaml:3:');
    expect(text).toContain('pm.yaml:4:');
    expect(text).toMatch(/\d errors/);
  });

  test('10 MB of YAML are refused at once', async ({ folder }) => {
    await folder.write('pm.yaml', `processes:\n  ${starter}\n${'# a comment that is quite long\n'.repeat(350_000)}`);
    const started = Date.now();
    expect((await refuse(folder)).code).toBe(78);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('a folder in place of a file', async ({ folder }) => {
    await mkdir(join(folder.path, 'pm.yaml'));
    const { code, text } = await refuse(folder);
    expect(code).toBe(78);
    expect(text).toContain('is a directory');
  });

  test('bytes that are no text', async ({ folder }) => {
    await writeFile(join(folder.path, 'pm.yaml'), Buffer.from([0, 1, 2, 255]));
    expect((await refuse(folder)).code).toBe(78);
  });

  test('a file that --config names and that is not there', async ({ folder }) => {
    const { code, text } = await refuse(folder, ['run', '--config', 'other.yaml']);
    expect(code).toBe(78);
    expect(text).toContain('other.yaml');
    expect(text).toContain('--config');
  });

  test('no configuration anywhere: it says where it looked and what to do', async ({ folder }) => {
    const { code, text } = await refuse(folder);
    expect(code).toBe(78);
    expect(text).toContain(folder.path);
    expect(text).toContain('npx create-pm-config');
  });

  test('an override that names nothing', async ({ folder }) => {
    await folder.write('pm.yaml', `processes:\n  ${starter}\n`);
    const { code, text } = await refuse(folder, ['run'], { env: { PM_PROCESS_A_SCAEL: '2' } });
    expect(code).toBe(78);
    expect(text).toContain('PM_PROCESS_A_SCALE');
  });

  test('a profile, or a name after --only, that does not exist', async ({ folder }) => {
    await folder.write(
      'pm.yaml',
      `processes:\n  ${starter}\n  web: { command: [sleep, "9"] }\nprofiles: { blue: {} }\n`,
    );
    const profile = await refuse(folder, ['run', '--profile', 'bleu']);
    expect(profile.code).toBe(78);
    expect(profile.text).toContain('bleu');
    const only = await refuse(folder, ['run', '--only', 'wbe']);
    expect(only.code).toBe(78);
    expect(only.text).toContain('wbe');
  });
});

describe('what was not understood exits 64 and starts nothing [line 26]', () => {
  test.for<[args: string[], told: string]>([
    [['rnu'], 'Did you mean "pm run"?'],
    [['run', '--conifg', 'x'], 'Did you mean "--config"?'],
    [['check', '--strct'], 'Did you mean --strict?'],
    [['check', 'a.yaml', 'b.yaml'], 'too many arguments'],
    [['run', 'pm.yaml'], '--config pm.yaml'],
    [['run', '--'], 'nothing follows "--"'],
  ])('pm %j', async ([args, told], { folder }) => {
    await folder.write('pm.yaml', `processes:\n  ${starter}\n`);
    const { code, text } = await refuse(folder, args);
    expect(code).toBe(64);
    expect(text).toContain(told);
  });
});

describe('pm check', () => {
  test('right: says so on stdout, exit 0, nothing started', async ({ folder }) => {
    await folder.write('pm.yaml', `processes:\n  ${starter}\n`);
    const pm = folder.pm(['check']);
    expect(await pm.ended).toEqual({ code: 0, signal: null });
    expect(pm.out.lines.join('\n')).toContain('pm.yaml is right: 1 process, 1 at boot.');
    expect(pm.err.lines).toEqual([]);
    expect(await folder.read('started')).toBe('');
  });

  test('wrong: every mistake with its line and a caret on stderr, exit 78', async ({ folder }) => {
    await folder.write('pm.yaml', `processes:\n  ${starter}\n  b: { comand: [x] }\n`);
    const { code, text } = await refuse(folder, ['check']);
    expect(code).toBe(78);
    expect(text).toContain('  3 |   b: { comand: [x] }\n    |        ^');
  });

  test('a warning fails only with --strict', async ({ folder }) => {
    await folder.write(
      'pm.yaml',
      'global: { shutdown_timeout: 1s }\nprocesses:\n  a: { command: [sleep, "9"], shutdown: { timeout: 5s } }\n',
    );
    const lenient = folder.pm(['check']);
    expect((await lenient.ended).code).toBe(0);
    expect(lenient.err.lines.join('\n')).toContain('pm.yaml:1:29 warning global.shutdown_timeout');
    const strict = folder.pm(['check', '--strict']);
    expect((await strict.ended).code).toBe(78);
    expect(strict.out.lines).toEqual([]);
  });

  test('--json is the answer whether it is right or wrong', async ({ folder }) => {
    const answer = async (yaml: string): Promise<unknown> => {
      await folder.write('pm.yaml', yaml);
      const pm = folder.pm(['check', '--json']);
      await pm.ended;
      expect(pm.err.lines).toEqual([]);
      return JSON.parse(pm.out.lines.join('\n'));
    };
    expect(await answer(`processes:\n  ${starter}\n`)).toMatchObject({
      ok: true,
      gracePeriodSeconds: 35,
      diagnostics: [],
    });
    expect(await answer('processes: { a: { comand: [x] } }\n')).toMatchObject({
      ok: false,
      diagnostics: expect.arrayContaining([
        expect.objectContaining({ path: 'processes.a.comand', position: { file: 'pm.yaml', line: 1, column: 19 } }),
      ]),
    });
  });
});

test('plan explains who set what, and masks secrets', async ({ folder }) => {
  await folder.write('pm.yaml', 'processes:\n  web: { command: [sleep, "9"], env: { DB_PASSWORD: hunter2 } }\n');
  const pm = folder.pm(['plan', '--explain']);
  expect((await pm.ended).code).toBe(0);
  const text = pm.out.lines.join('\n');
  expect(text).toContain('processes.web.command = ["sleep","9"]  ← pm.yaml:2:');
  expect(text).not.toContain('hunter2');
  const json = folder.pm(['plan', '--json'], { env: { PM_GLOBAL_LOG_LEVEL: 'debug' } });
  await json.ended;
  expect(json.out.lines.join('\n')).not.toContain('hunter2');
  expect(JSON.parse(json.out.lines.join('\n'))).toMatchObject({
    booting: ['web'],
    keys: expect.arrayContaining([
      expect.objectContaining({ path: 'global.log_level', source: expect.stringContaining('PM_GLOBAL_LOG_LEVEL') }),
    ]),
  });
});

test('a dry run answers with the plan and starts nothing', async ({ folder }) => {
  await folder.write('pm.yaml', `processes:\n  ${starter}\n`);
  const pm = folder.pm(['run', '--dry-run']);
  expect((await pm.ended).code).toBe(0);
  expect(pm.out.lines.join('\n')).toContain('Start order\n  1  a');
  expect(await folder.read('started')).toBe('');
});

test('schema knows the keys of core, with and without a configuration', async ({ folder }) => {
  const pm = folder.pm(['schema']);
  expect((await pm.ended).code).toBe(0);
  expect(JSON.parse(pm.out.lines.join('\n'))).toMatchObject({
    type: 'object',
    properties: { processes: {}, global: {} },
  });
  await folder.write('pm.yaml', 'processes: { a: { comand: [x] } }\n');
  const broken = folder.pm(['schema']);
  expect((await broken.ended).code).toBe(0);
  expect(broken.err.lines.join('\n')).toContain('without the keys of its plugins');
});

test('doctor names what is missing, and what that means', async ({ folder }) => {
  const pm = folder.pm(['doctor', '--json'], { env: { PM_NATIVE: 'off' } });
  await pm.ended;
  const report: unknown = JSON.parse(pm.out.lines.join('\n'));
  expect(report).toMatchObject({
    pm: { version: expect.stringMatching(/^\d/) },
    helper: { sys: false, svexec: false, reason: 'turned off by PM_NATIVE=off' },
    process: { pid: pm.child.pid },
    findings: expect.arrayContaining([
      expect.objectContaining({ severity: 'note', message: expect.stringContaining('PM_NATIVE=off') }),
    ]),
  });
});
