type Version = readonly [major: number, minor: number, patch: number];

/** Versions from `low` up to, not including, `high`. */
interface Span {
  readonly low: Version;
  readonly high: Version;
}

const everything: Span = { low: [0, 0, 0], high: [Infinity, 0, 0] };
const partPattern = /^(\^|~|>=|<=|>|<|=)?v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?$/;

/**
 * Is `version` within `range`? Understands what package.json files say: `^1.2.0`, `~1.2`, `1.x`, `>=1.0.0 <3`, and
 * alternatives with `||`. Throws TypeError for anything else.
 */
export function isInRange(version: string, range: string): boolean {
  const at = toVersion(version.split('.'));
  return range.split('||').some((all) => toParts(all).every((part) => contains(toSpan(part), at)));
}

function toParts(all: string): readonly string[] {
  // `>= 1.0` is written with a space by many.
  return all
    .replaceAll(/(\^|~|>=|<=|>|<|=)\s+/g, '$1')
    .trim()
    .split(/\s+/)
    .filter((part) => part !== '');
}

function toSpan(part: string): Span {
  const [, operator = '', ...texts] = partPattern.exec(part) ?? refuse(part);
  const given = texts.filter((text) => text !== undefined && /\d/.test(text));
  if (given.length === 0) return everything;
  const low = toVersion(given);
  const end = bump(low, given.length - 1);
  if (operator === '>=') return { low, high: everything.high };
  if (operator === '<') return { low: everything.low, high: low };
  if (operator === '>') return { low: given.length === 3 ? bump(low, 2) : end, high: everything.high };
  if (operator === '<=') return { low: everything.low, high: end };
  if (operator === '~') return { low, high: bump(low, Math.min(1, given.length - 1)) };
  if (operator === '^') return { low, high: bump(low, firstFixed(low, given.length)) };
  return { low, high: end };
}

/** `^` keeps the first number that is not zero: ^1.2.3 is <2, ^0.2.3 is <0.3. */
function firstFixed(version: Version, given: number): number {
  const index = version.findIndex((number) => number !== 0);
  return index === -1 ? given - 1 : Math.min(index, given - 1);
}

function bump(version: Version, index: number): Version {
  return toVersion(version.map((number, at) => String(at < index ? number : at === index ? number + 1 : 0)));
}

function contains({ low, high }: Span, at: Version): boolean {
  return compare(at, low) >= 0 && compare(at, high) < 0;
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function toVersion(texts: readonly string[]): Version {
  const [major = 0, minor = 0, patch = 0] = texts.map(Number);
  return [major, minor, patch];
}

function refuse(part: string): never {
  throw new TypeError(`"${part}" is not a version range like "^1.0.0"`);
}
