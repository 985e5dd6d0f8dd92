import { formatExplanation, inspectPlan, maskValue, type Inspection } from '@pm-supervisor/core';
import { writeWarnings } from '../diagnostics.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { createPaint, type Paint } from '../paint.ts';
import { toPlanRequest } from '../plan-options.ts';
import { createPluginSources } from '../plugin-sources.ts';
import type { Verb } from '../verbs.ts';

/** `pm plan`: what `pm run` with the same options would do. Secrets are masked. Exit 0, or 78 for errors. */
export const plan: Verb = {
  declare: (command) =>
    command
      .option('--config <FILE>', 'the configuration (default: PM_CONFIG, else found here or in /etc/pm)')
      .option('--profile <NAME>', 'apply this profile (default: PM_PROFILE)')
      .option('--only <NAME...>', 'just these processes or bundles, and what they need')
      .option('--explain', 'also show who set each key')
      .option('--json', 'print everything as JSON'),
  async run({ options }, context) {
    const { config, profile, only } = options as { config?: string; profile?: string; only?: string[] };
    const inspection = await inspectPlan(
      toPlanRequest({ configPath: config, profile, only }, context),
      createPluginSources(context),
    );
    if (options['json'] === true) context.stdout.write(`${JSON.stringify(toData(inspection), toJsonValue, 2)}\n`);
    else writePlan(inspection, options['explain'] === true, context);
    return exitCodes.ok;
  },
};

/** Prints a plan for people, its warnings on stderr; also what `pm run --dry-run` answers with. */
export function writePlan({ warnings, explanation }: Inspection, explain: boolean, context: CliContext): void {
  writeWarnings(warnings, context);
  const text = formatExplanation(explain ? explanation : { ...explanation, keys: [] });
  context.stdout.write(colour(text, createPaint(context, context.stdout)));
}

/** Titles stand at the left edge; who set a key follows an arrow. */
function colour(text: string, paint: Paint): string {
  return text
    .replaceAll(/^\S.*$/gm, (title) => paint('bold', title))
    .replaceAll(/ ← .*$/gm, (source) => paint('dim', source));
}

function toData({
  plan: { name, global, processes, bundles, plugins, booting },
  explanation,
  warnings,
  secrets,
  origin,
}: Inspection): unknown {
  const { processes: _, ...explained } = explanation;
  return {
    file: origin,
    name,
    booting,
    ...explained,
    warnings,
    global: maskValue('global', global, secrets),
    processes: maskValue('processes', Object.fromEntries(processes), secrets),
    bundles: Object.fromEntries(bundles),
    plugins: maskValue('plugins', plugins, secrets),
  };
}

/** JSON has no infinity; a limit that is none is said in a word. */
function toJsonValue(_: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value;
}
