import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';

test('a stop while the configuration is still being read ends pm at once, and what reads it [line 6]', async ({
  folder,
}) => {
  await folder.write(
    'pm.config.mjs',
    `import { writeFileSync } from 'node:fs';
     writeFileSync('reader', String(process.pid));
     await new Promise((resolve) => setTimeout(resolve, 60_000));
     export default { processes: { a: { command: ['touch', 'started'] } } };`,
  );
  const pm = folder.pm(['run']);
  await until('the configuration is being read', async () => (await folder.read('reader')) !== '');
  const reader = await folder.read('reader');
  const stoppedAt = Date.now();
  expect(await pm.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - stoppedAt).toBeLessThan(3_000);
  await until('the reader is gone', () => !existsSync(`/proc/${reader}`));
  expect(await folder.read('started')).toBe('');
});

test('signals that end a program, or open the inspector, do neither while pm starts [line 29]', async ({ folder }) => {
  await folder.write(
    'pm.config.mjs',
    `import { existsSync, writeFileSync } from 'node:fs';
     import { setTimeout } from 'node:timers/promises';
     writeFileSync('reader', String(process.pid));
     while (!existsSync('go-on')) await setTimeout(10);
     export default { processes: { a: { type: 'oneshot', command: ['true'] } } };`,
  );
  const pm = folder.pm(['run']);
  await until('the configuration is being read', async () => (await folder.read('reader')) !== '');
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) await pm.signal(signal);
  await folder.write('go-on', '');
  expect(await pm.ended).toEqual({ code: 0, signal: null });
  expect(pm.err.lines.join('\n')).not.toContain('Debugger');
});
