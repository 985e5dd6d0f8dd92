import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, type Folder } from '../../harness/folder.ts';
import { pidsOf } from '../../harness/pids.ts';

const toConfig = (word: string): string => `
processes:
  keep: {command: [sleep, "600"]}
  web: {command: [sh, -c, "echo ${word}; exec sleep 600"]}
`;

const watching = { args: ['run', '--watch'] };

/** Replaces a file by a rename, as editors and `kubectl` do. */
async function replace(folder: Folder, name: string, text: string): Promise<void> {
  await rename(await folder.write(`${name}.new`, text), join(folder.path, name));
}

describe('pm run --watch', () => {
  test('sees a file that is written in place, and one that is replaced by a rename, again and again [line 16]', async ({
    folder,
  }) => {
    const pm = await folder.run(toConfig('one'), watching);
    await pm.out.waitFor('web-1: one');
    await pm.out.waitFor('pm: up after');
    await folder.write('pm.yaml', toConfig('two'));
    await pm.out.waitFor('web-1: two');
    for (const word of ['three', 'four', 'five']) {
      await replace(folder, 'pm.yaml', toConfig(word));
      await pm.out.waitFor(`web-1: ${word}`);
    }
    expect(pidsOf(pm, 'keep-1')).toHaveLength(1);
    expect((await pm.stop()).code).toBe(0);
  });

  test('sees the swap of the links of a ConfigMap [line 16]', async ({ folder }) => {
    // What the kubelet does: pm.yaml → ..data/pm.yaml, ..data → ..1, and a rename of a new ..data over the old.
    const publish = async (version: number, word: string): Promise<void> => {
      await mkdir(join(folder.path, `..${version}`));
      await folder.write(`..${version}/pm.yaml`, toConfig(word));
      await symlink(`..${version}`, join(folder.path, '..data_tmp'));
      await rename(join(folder.path, '..data_tmp'), join(folder.path, '..data'));
      await rm(join(folder.path, `..${version - 1}`), { recursive: true, force: true });
    };
    await publish(1, 'one');
    await symlink('..data/pm.yaml', join(folder.path, 'pm.yaml'));
    const pm = folder.pm(['run', '--watch']);
    await pm.out.waitFor('web-1: one');
    await pm.out.waitFor('pm: up after');
    await publish(2, 'two');
    await pm.out.waitFor('web-1: two');
    await publish(3, 'three');
    await pm.out.waitFor('web-1: three');
    expect(pidsOf(pm, 'keep-1')).toHaveLength(1);
    await pm.stop();
  });

  test('says what is wrong with a bad file, and goes on watching [line 16]', async ({ folder }) => {
    const pm = await folder.run(toConfig('one'), watching);
    await pm.out.waitFor('web-1: one');
    await pm.out.waitFor('pm: up after');
    await replace(folder, 'pm.yaml', 'processes: {web: {comand: x}}');
    await pm.out.waitFor(/pm\.yaml:1:19 error processes\.web\.comand: .*Did you mean "command"\?/);
    await replace(folder, 'pm.yaml', toConfig('two'));
    await pm.out.waitFor('web-1: two');
    await pm.stop();
  });

  test('a file that disappears changes nothing; its return is seen [line 16]', async ({ folder }) => {
    const pm = await folder.run(toConfig('one'), watching);
    await pm.out.waitFor('web-1: one');
    await pm.out.waitFor('pm: up after');
    await rm(join(folder.path, 'pm.yaml'));
    await pm.signal('SIGHUP');
    await pm.out.waitFor('configuration not applied, everything runs on as before');
    await folder.write('pm.yaml', toConfig('two'));
    await pm.out.waitFor('web-1: two');
    expect(pidsOf(pm, 'keep-1')).toHaveLength(1);
    await pm.stop();
  });

  test('watches what a file extends, also a file that a reload added, and no longer one that it dropped [line 16]', async ({
    folder,
  }) => {
    await folder.write('base.yaml', toConfig('one'));
    const pm = await folder.run('extends: [base.yaml]', watching);
    await pm.out.waitFor('web-1: one');
    await pm.out.waitFor('pm: up after');
    await replace(folder, 'base.yaml', toConfig('two'));
    await pm.out.waitFor('web-1: two');
    await folder.write('other.yaml', toConfig('three'));
    await replace(folder, 'pm.yaml', 'extends: [other.yaml]');
    await pm.out.waitFor('web-1: three');
    await replace(folder, 'other.yaml', toConfig('four'));
    await pm.out.waitFor('web-1: four');
    await replace(folder, 'base.yaml', toConfig('nobody reads this'));
    await replace(folder, 'other.yaml', toConfig('five'));
    await pm.out.waitFor('web-1: five');
    expect((await pm.stop()).code).toBe(0);
    expect(pm.out.texts.filter((text) => text.startsWith('pm: configuration'))).toHaveLength(4);
  });

  test('watches a file that is new and broken, until it is mended [line 16]', async ({ folder }) => {
    const pm = await folder.run(toConfig('one'), watching);
    await pm.out.waitFor('web-1: one');
    await pm.out.waitFor('pm: up after');
    await folder.write('base.yaml', 'processes: {web: ');
    await replace(folder, 'pm.yaml', 'extends: [base.yaml]');
    await pm.out.waitFor(/base\.yaml:1:\d+ error/);
    await replace(folder, 'base.yaml', toConfig('two'));
    await pm.out.waitFor('web-1: two');
    await pm.stop();
  });

  test('without it a change is seen by nobody until SIGHUP [line 16]', async ({ folder }) => {
    const pm = await folder.run(toConfig('one'));
    await pm.out.waitFor('pm: up after');
    await replace(folder, 'pm.yaml', toConfig('two'));
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
    expect(pm.out.texts.filter((text) => text.includes('configuration'))).toEqual([]);
  });
});
