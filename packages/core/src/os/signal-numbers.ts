import { constants } from 'node:os';
import { BugError } from '../errors.ts';
import type { SignalName } from '../plan/spec.ts';

const numbers = constants.signals as Readonly<Record<string, number>>;
/** Aliases (SIGIOT, SIGPOLL) come later in the table: the first name of a number is the usual one. */
const names = new Map(
  Object.entries(numbers)
    .toReversed()
    .map(([name, number]) => [number, name as SignalName]),
);

/** Throws BugError for what cannot be sent: unknown names and real-time signals, whose deaths Node reports as code 0. */
export function toSignalNumber(signal: SignalName): number {
  const number = numbers[signal];
  if (number === undefined) throw new BugError(`"${signal}" is not a signal that can be sent`);
  return number;
}

/** Undefined for real-time signals, which have no name in Node. */
export function toSignalName(number: number): SignalName | undefined {
  return names.get(number);
}
