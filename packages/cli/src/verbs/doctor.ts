import { gatherFacts } from '../doctor/facts.ts';
import { toFindings } from '../doctor/findings.ts';
import { renderReport } from '../doctor/report.ts';
import { exitCodes } from '../exit-codes.ts';
import { createPaint } from '../paint.ts';
import type { Verb } from '../verbs.ts';

/** `pm doctor`: exit 0 when nothing is in the way, 1 when something is; notes are no problem. */
export const doctor: Verb = {
  declare: (command) => command.option('--json', 'print facts and findings as JSON'),
  async run({ options }, context) {
    const facts = gatherFacts(context);
    const findings = toFindings(facts);
    const answer =
      options['json'] === true
        ? `${JSON.stringify({ ...facts, findings }, undefined, 2)}\n`
        : renderReport(facts, findings, createPaint(context, context.stdout));
    context.stdout.write(answer);
    return findings.some(({ severity }) => severity === 'problem') ? exitCodes.failed : exitCodes.ok;
  },
};
