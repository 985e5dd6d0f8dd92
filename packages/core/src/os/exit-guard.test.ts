import { expect, test, vi } from 'vitest';
import { guardExit } from './exit-guard.ts';

test('exit guard: plugins cannot end the process, core can, and afterwards everything is as before', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const original = process.exit;
  let plugin: string | undefined = 'hostile';
  const open = guardExit(() => plugin);
  expect(() => process.exit(1)).toThrow(
    "process.exit would end everything that is supervised: dispatch { type: 'shutdown' } instead",
  );
  expect(() => process.abort()).toThrow('process.abort would end');
  plugin = undefined;
  process.exit(3);
  expect(exit).toHaveBeenCalledExactlyOnceWith(3);
  open();
  expect(process.exit).toBe(original);
});
