import { ConfigError, describeConfig, describeCoreConfig } from '@pm-supervisor/core';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { toPlanRequest } from '../plan-options.ts';
import { createPluginSources } from '../plugin-sources.ts';
import type { Verb } from '../verbs.ts';

/** `pm schema`: JSON Schema with the keys of the plugins that the configuration uses, else of core alone. */
export const schema: Verb = {
  declare: (command) =>
    command
      .option(
        '--config <FILE>',
        'the configuration whose plugins count (default: PM_CONFIG, else found here or in /etc/pm)',
      )
      .addHelpText('after', '\nEditors use it with a first line of: # yaml-language-server: $schema=FILE'),
  async run({ options }, context) {
    context.stdout.write(
      `${JSON.stringify(await describe(options['config'] as string | undefined, context), undefined, 2)}\n`,
    );
    return exitCodes.ok;
  },
};

/** Whoever is writing a configuration needs the schema while it has errors. */
async function describe(configPath: string | undefined, context: CliContext): Promise<Record<string, unknown>> {
  try {
    return await describeConfig(toPlanRequest({ configPath }, context), createPluginSources(context));
  } catch (error) {
    if (!(error instanceof ConfigError) || (configPath !== undefined && error.code === 'PM_CONFIG_NOT_FOUND'))
      throw error;
    if (error.code !== 'PM_CONFIG_NOT_FOUND')
      context.stderr.write(`pm: ${error.message}: this is the schema without the keys of its plugins\n`);
    return describeCoreConfig();
  }
}
