/**
 * Freezes plain data all the way down: objects, arrays, and Maps and Sets, which `Object.freeze` alone leaves
 * writable. What is frozen already is taken as frozen throughout, so that freezing a plan twice costs nothing.
 * Instances of other classes (a RegExp, a stream) are left as they are. Returns its argument.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) return freezeMap(value);
  if (value instanceof Set) return freezeSet(value);
  if (!isPlain(value)) return value;
  // Frozen before its members, so that a cycle ends here.
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function freezeMap<T extends Map<unknown, unknown>>(map: T): T {
  lock(map, ['set', 'delete', 'clear']);
  for (const [key, value] of map) {
    deepFreeze(key);
    deepFreeze(value);
  }
  return map;
}

function freezeSet<T extends Set<unknown>>(set: T): T {
  lock(set, ['add', 'delete', 'clear']);
  for (const value of set) deepFreeze(value);
  return set;
}

/** The mutators become own properties that throw, as assignments to a frozen object do. */
function lock(collection: object, mutators: readonly string[]): void {
  for (const name of mutators) {
    Object.defineProperty(collection, name, {
      value: () => {
        throw new TypeError(`Cannot ${name}: this collection is read-only`);
      },
    });
  }
  Object.freeze(collection);
}
