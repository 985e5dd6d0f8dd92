import { expect, it } from 'vitest';
import { createTestSpec } from '../testing/test-spec.ts';
import { expandSpec } from './expand.ts';

it('instance variables are put in place everywhere a declaration may hold them', () => {
  const text = '${PM_INSTANCE}:${PORT}';
  const command = { kind: 'argv', argv: ['run', text] } as const;
  const hook = {
    name: 'h',
    command,
    timeoutMs: 1,
    retry: 0,
    retryDelayMs: 0,
    continueOnError: false,
    env: { AT: text },
    workingDir: text,
  };
  const base = createTestSpec('queue');
  const spec = expandSpec(
    createTestSpec('queue', {
      command,
      workingDir: text,
      env: { AT: text },
      reloadCommand: command,
      readiness: { kind: 'command', command },
      stdin: { kind: 'path', path: text },
      hooks: { preStart: [hook], postStart: [hook], preStop: [hook], postStop: [hook], finish: [hook] },
      shutdown: { ...base.shutdown, stopCommand: { kind: 'shell', line: text } },
      logging: { ...base.logging, files: [text] },
    }),
    { PM_INSTANCE: 'queue-2', PORT: '9001' },
  );
  expect(JSON.stringify(spec)).not.toContain('${');
  expect(JSON.stringify(spec).match(/queue-2:9001/g)).toHaveLength(5 * 3 + 8);
});
