import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { findProgram } from '../../../tools/test-packages.ts';
import { test } from '../../harness/folder.ts';

const examples = fileURLToPath(new URL('../../../examples/clients', import.meta.url));

test('clients: a program in Python creates a process, asks for its state and output, and removes it, from below pm [lines 17, 18]', async ({
  folder,
}) => {
  const pm = await folder.run(toConfig(`${findProgram('python')}, ${examples}/client.py`));
  expect(await pm.ended).toEqual({ code: 1, signal: null });
  expect(pm.out.texts).toEqual(
    expect.arrayContaining([
      'client-1: created: True',
      'client-1: again: False',
      'client-1: state: READY',
      'client-1: log: asleep',
      'client-1: RuntimeError: there is no process, instance or bundle "nap"',
    ]),
  );
});

test('clients: a script of the shell does the same with curl [lines 17, 18]', async ({ folder }) => {
  findProgram('curl');
  const pm = await folder.run(toConfig(`sh, ${examples}/client.sh`));
  expect(await pm.ended).toEqual({ code: 22, signal: null });
  const said = pm.out.texts.filter((text) => text.startsWith('client-1: '));
  expect(said.slice(0, 4)).toEqual([
    'client-1: created: true',
    'client-1: again: false',
    'client-1: state: "READY"',
    'client-1: log: "asleep"',
  ]);
  expect(said[4]).toContain(String.raw`"detail":"there is no process, instance or bundle \"nap\""`);
});

function toConfig(command: string): string {
  return `processes: {client: {type: oneshot, command: [${command}]}}`;
}
