import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, type Folder } from '../../harness/folder.ts';

/** Starts `pm run`, waits for its end, and gives back what `a` said. */
async function said(
  folder: Folder,
  args: readonly string[] = ['run'],
  env: Record<string, string> = {},
): Promise<readonly string[]> {
  const pm = folder.pm(args, { env });
  const { code } = await pm.ended;
  expect(`${code} ${pm.err.lines.join('\n')}`).toBe('0 ');
  return pm.out.texts.filter((text) => text.startsWith('a-')).map((text) => text.slice(5));
}

const a = { a: { command: ['sh', '-c', 'echo "$V"'], restart: 'never' } };

describe('where a configuration is found', () => {
  const json = JSON.stringify({ global: { env: { V: 'it is ${PM_INSTANCE}' } }, processes: a });
  test.for<[file: string, text: string]>([
    ['pm.yaml', json],
    [
      'pm.yml',
      'global: {env: {V: "it is ${PM_INSTANCE}"}}\nprocesses:\n  a: {command: [sh, -c, \'echo "$V"\'], restart: never}\n',
    ],
    ['pm.json', json],
    [
      'pm.toml',
      '[global.env]\nV = "it is ${PM_INSTANCE}"\n[processes.a]\ncommand = ["sh", "-c", \'echo "$V"\']\nrestart = "never"\n',
    ],
    ['pm.config.yaml', json],
    ['pm.config.json', json],
    [
      'pm.config.toml',
      'global.env.V = "it is ${PM_INSTANCE}"\n[processes.a]\ncommand = ["sh", "-c", \'echo "$V"\']\nrestart = "never"\n',
    ],
    ['pm.config.mjs', `export default ${json};`],
    ['pm.config.js', `module.exports = ${json};`],
    ['pm.config.cjs', `module.exports = ${json};`],
    ['pm.config.ts', `const config: { processes: object } = ${json};\nexport default config;`],
    ['.pmrc', json],
    ['.pmrc.yaml', json],
    ['.pmrc.json', json],
    ['package.json', JSON.stringify({ name: 'x', pm: JSON.parse(json) })],
  ])('%s', async ([file, text], { folder }) => {
    await folder.write(file, text);
    expect(await said(folder)).toEqual(['it is a-1']);
  });

  test('--config wins over PM_CONFIG, and that over what lies in the folder', async ({ folder }) => {
    const config = (v: string): string => JSON.stringify({ processes: { a: { ...a.a, env: { V: v } } } });
    await mkdir(join(folder.path, 'etc'));
    await folder.write('pm.yaml', config('folder'));
    await folder.write('etc/env.json', config('variable'));
    await folder.write('flag.yaml', config('flag'));
    expect(await said(folder)).toEqual(['folder']);
    expect(await said(folder, ['run'], { PM_CONFIG: 'etc/env.json' })).toEqual(['variable']);
    expect(await said(folder, ['run', '--config', 'flag.yaml'], { PM_CONFIG: 'etc/env.json' })).toEqual(['flag']);
    // `pm` alone is `pm run`.
    expect(await said(folder, [], { PM_CONFIG: 'flag.yaml' })).toEqual(['flag']);
  });
});

describe('what a value says', () => {
  test('variables, defaults, files and escapes; what only looks like one is left alone', async ({ folder }) => {
    await folder.write('secret', 's3cret\n');
    await folder.write(
      'pm.yaml',
      `
processes:
  a:
    restart: never
    command:
      - printf
      - '%s\\n'
      - \${SET}
      - \${EMPTY:-default}
      - \${UNSET:-\${SET}/\${UNSET:-deep}}
      - \${file:secret}
      - $\${SET}
      - $SET $$ $(SET) \${A-B}
      - \${PM_PROCESS}.\${PM_INSTANCE_INDEX}
      - "\${INJECT}"
`,
    );
    expect(await said(folder, ['run'], { SET: 'x', EMPTY: '', INJECT: 'a: {b: [c]}' })).toEqual([
      'x',
      'default',
      'x/deep',
      's3cret',
      '${SET}',
      '$SET $$ $(SET) ${A-B}',
      'a.1',
      'a: {b: [c]}',
    ]);
  });

  test('what a file brought is not shown by pm plan', async ({ folder }) => {
    await folder.write('secret', 's3cret\n');
    await folder.write('pm.yaml', 'processes: {a: {command: [echo, "${file:secret}"], env: {C: "${file:secret}"}}}');
    for (const option of ['--explain', '--json']) {
      const pm = folder.pm(['plan', option]);
      expect((await pm.ended).code).toBe(0);
      expect(pm.out.lines.join('\n')).toContain('******');
      expect(pm.out.lines.join('\n')).not.toContain('s3cret');
    }
  });

  test('${VAR:?message} and a file that is not there refuse the configuration, with their place [line 1]', async ({
    folder,
  }) => {
    await folder.write(
      'pm.yaml',
      'processes:\n  a: {command: [echo, "${MAIL:?name the mail host}", "${file:/run/nothing}"]}\n',
    );
    const pm = folder.pm(['run']);
    expect((await pm.ended).code).toBe(78);
    expect(pm.err.lines.join('\n')).toMatch(
      /pm\.yaml:2:\d+ error processes\.a\.command\[1\]: MAIL is not set: name the mail host/,
    );
    expect(pm.err.lines.join('\n')).toMatch(
      /pm\.yaml:2:\d+ error processes\.a\.command\[2\]: cannot read \$\{file:\/run\/nothing\}/,
    );
  });

  test('durations and sizes as numbers and with units', async ({ folder }) => {
    await folder.write(
      'pm.yaml',
      `
global: {shutdown_timeout: 1m30s, dependency_timeout: 2h, process_start_timeout: 1.5, restart_backoff: 500ms}
processes:
  a: {command: [sleep, "9"], max_memory: 64KiB, resources: {memory_max: 50MB}, shutdown: {timeout: 5}}
  b: {command: [sleep, "9"], max_memory: 1000, resources: {memory_max: 1GiB}, depends_on: a, ready: {port: 1}}
`,
    );
    const pm = folder.pm(['plan', '--json']);
    await pm.ended;
    expect(JSON.parse(pm.out.lines.join('\n'))).toMatchObject({
      shutdownTimeoutMs: 90_000,
      processes: {
        a: { maxMemory: 65_536, os: { resources: { memoryMax: 50_000_000 } }, shutdown: { timeoutMs: 5000 } },
        b: {
          maxMemory: 1000,
          os: { resources: { memoryMax: 1_073_741_824 } },
          startTimeoutMs: 1500,
          restart: { backoff: { initialMs: 500 } },
          dependsOn: [{ timeoutMs: 7_200_000 }],
        },
      },
    });
  });
});

describe('who wins', () => {
  const base = `
global: {env: {A: base, B: base, C: base, D: base, E: base}}
processes:
  a: {command: [sh, -c, "echo $A $B $C $D $E, $0 $@", "1", "2"], scale: 3, restart: never, labels: {x: base, y: base}}
  gone: {command: [sleep, "600"]}
`;
  const file = `
extends: [base.yaml, more.yaml]
global: {env: {C: file, D: file, E: file}}
processes: {a: {command: [sh, -c, "echo $A $B $C $D $E, $0", "1"], labels: {y: file}}, gone: null}
profiles:
  blue: {global: {env: {D: profile, E: profile}}, processes: {a: {scale: 2}}}
`;

  test('defaults, extends, the file, its profile, the environment: maps merge, lists replace, null takes away', async ({
    folder,
  }) => {
    await folder.write('base.yaml', base);
    await folder.write('more.yaml', 'global: {env: {B: more}}');
    await folder.write('pm.yaml', file);
    expect(await said(folder, ['run', '--only', 'a'])).toEqual(Array(3).fill('base more file file file, 1'));
    expect(await said(folder, ['run', '--profile', 'blue'])).toEqual(
      Array(2).fill('base more file profile profile, 1'),
    );
    const env = { PM_PROFILE: 'blue', PM_GLOBAL_ENV_E: 'env', PM_PROCESS_A_SCALE: '1', PM_PROCESS_A_ENV_A: 'own' };
    expect(await said(folder, ['run'], env)).toEqual(['own more file profile env, 1']);
  });

  test('an override finds the process by its name, the longest first, and the type by the schema', async ({
    folder,
  }) => {
    await folder.write(
      'pm.yaml',
      `
processes:
  web: {command: [sleep, "9"]}
  web-api.v2: {command: [sleep, "9"]}
`,
    );
    const pm = folder.pm(['plan', '--json'], {
      env: {
        PM_PROCESS_WEB_API_V2_SCALE: '2',
        PM_PROCESS_WEB_SHUTDOWN_TIMEOUT: '7s',
        PM_PROCESS_WEB_API_V2_ENV_SCALE: 'text',
        PM_PROCESS_WEB_TTY: 'true',
        PM_GLOBAL_RESTART_BACKOFF_MAX: '90',
      },
    });
    expect((await pm.ended).code).toBe(0);
    expect(JSON.parse(pm.out.lines.join('\n'))).toMatchObject({
      processes: {
        web: { shutdown: { timeoutMs: 7000 }, tty: true, scale: 1, restart: { backoff: { maxMs: 90_000 } } },
        'web-api.v2': { scale: 2, env: { SCALE: 'text' }, tty: false },
      },
    });
  });
});
