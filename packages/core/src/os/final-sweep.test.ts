import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { fixture } from './fixtures/spawning.ts';

const sweep = [process.execPath, '--conditions=@pm-supervisor/source', fixture('sweep.ts')] as const;
const swept = { found: true, left: [], again: [] };

describe('[line 23] at the very end', () => {
  test('everything that still descends from us is ended, willing or not', { timeout: 20_000 }, () => {
    expect(JSON.parse(execFileSync(sweep[0], sweep.slice(1), { encoding: 'utf8' }))).toEqual(swept);
  });

  test.runIf(process.getuid?.() === 0)('and as PID 1 everything there is', { timeout: 20_000 }, () => {
    const output = execFileSync('unshare', ['--pid', '--fork', '--mount-proc', ...sweep], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(JSON.parse(output)).toEqual(swept);
  });
});
