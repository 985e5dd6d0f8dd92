import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { findProgram } from '../../../tools/test-packages.ts';
import { ask } from '../../harness/ask.ts';
import { test } from '../../harness/folder.ts';
import { pmPath } from '../../harness/pm.ts';

test('completion: a shell knows the verbs, their options and the processes that run', async ({ folder }) => {
  const pm = await folder.run(
    'processes:\n  web: {command: [sleep, "600"]}\n  worker: {command: [sleep, "600"], scale: 2}\n',
  );
  await pm.out.waitFor('up after');
  await folder.write('script', (await ask(folder, ['completion', 'fish'])).out);
  writeFileSync(join(folder.path, 'pm'), `#!/bin/sh\nexec ${process.execPath} ${pmPath} "$@"\n`, { mode: 0o755 });
  const env = { PATH: `${folder.path}:/usr/bin:/bin`, HOME: folder.path, PM_RUNTIME_DIR: `${folder.path}/.run` };
  const fish = (line: string): string[] =>
    execFileSync(findProgram('fish'), ['--no-config', '-c', `source ./script; complete -C "${line}"`], {
      cwd: folder.path,
      env,
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n');
  expect(fish('pm stop w')).toEqual(['web\tREADY', 'worker\tREADY', 'worker-1\tREADY', 'worker-2\tREADY']);
  expect(fish('pm re').map((line) => line.split('\t')[0])).toEqual(['reload', 'remove', 'restart']);
  expect(fish('pm wait web --for ')).toEqual(['completed', 'ready', 'stopped']);
  await pm.stop();
});
