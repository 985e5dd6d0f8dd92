import { describe, expect, test } from 'vitest';
import { parseRunArguments } from './run-arguments.ts';
import { UsageError } from './usage-error.ts';

const nothing = { only: [], watch: false, dryRun: false, help: false, command: [] };

describe('what pm run understands', () => {
  test.each([
    [[], nothing],
    [['--config', 'a.yaml', '--profile=blue'], { ...nothing, configPath: 'a.yaml', profile: 'blue' }],
    [['--only', 'web', 'worker', '--watch'], { ...nothing, only: ['web', 'worker'], watch: true }],
    [['--only', 'web,worker', '--only', 'web'], { ...nothing, only: ['web', 'worker'] }],
    [['--dry-run'], { ...nothing, dryRun: true }],
    [['--only', 'web', '--', 'bash', '--norc', '--'], { ...nothing, only: ['web'], command: ['bash', '--norc', '--'] }],
    [['-h'], { ...nothing, help: true }],
  ])('%j', (argv, expected) => {
    expect(parseRunArguments(argv)).toEqual(expected);
  });
});

describe('what it refuses, and what it advises', () => {
  test.each([
    [['--conifg', 'x'], 'unknown option "--conifg"', 'Did you mean "--config"?'],
    [
      ['-c', 'x'],
      'unknown option "-c"',
      'The options of pm run are --config, --profile, --only, --watch, --dry-run, --help.',
    ],
    [['--config'], '--config needs a value', 'Write it as --config FILE.'],
    [['--config', '--watch'], '--config needs a value', 'Write it as --config FILE.'],
    [['--config='], '--config needs a value', 'Write it as --config FILE.'],
    [['--only'], '--only needs a value', 'Write it as --only NAME….'],
    [['--config', 'a', '--config', 'b'], '--config is given 2 times', 'Keep one of them.'],
    [['--watch=yes'], '--watch takes no value, got "yes"', undefined],
    [['pm.yaml'], 'unexpected "pm.yaml"', 'A configuration is named with --config pm.yaml.'],
    [
      ['--watch', 'web'],
      'unexpected "web"',
      'To run just some processes: --only web. To run a command beside the services: -- web',
    ],
    [['--'], 'nothing follows "--"', 'Write the command to run there: pm run -- bash'],
  ])('%j', (argv, message, hint) => {
    const parse = (): unknown => parseRunArguments(argv);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(expect.objectContaining({ message, hint }));
  });
});
