/** A value made on its first use: building schemas takes milliseconds of a boot, and most are used in many places. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
