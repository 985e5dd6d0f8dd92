import { coreVersion } from '@pm-supervisor/core';
import { helperStatus } from '@pm-supervisor/native';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verbs.ts';

/** `pm version`: the version alone for people and scripts; `--json` adds what it runs on. */
export const version: Verb = {
  declare: (command) => command.option('--json', 'print the versions of pm, Node and the native helper as JSON'),
  async run({ options }, { node, stdout }) {
    const helper = helperStatus();
    const answer = { pm: coreVersion, node: node.version, arch: node.arch, nativeHelper: helper.sys && helper.svexec };
    stdout.write(options['json'] === true ? `${JSON.stringify(answer)}\n` : `${coreVersion}\n`);
    return exitCodes.ok;
  },
};
