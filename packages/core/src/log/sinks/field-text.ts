/** ` key=value` for each field; values with spaces or quotes as JSON. Never throws, whatever a plugin passes. */
export function toFieldText(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${toValueText(value)}`)
    .join('');
}

const plainText = /^[^\s"=\p{Cc}]+$/u;

function toValueText(value: unknown): string {
  if (value instanceof Error) return quote(value.message);
  if (typeof value === 'object' && value !== null) return toJson(value);
  return quote(String(value));
}

function quote(text: string): string {
  return plainText.test(text) ? text : JSON.stringify(text);
}

function toJson(value: object): string {
  try {
    return JSON.stringify(value) ?? '""';
  } catch {
    // A cycle, a bigint, or a toJSON that throws.
    return '"[cannot be shown]"';
  }
}
