import { BlockList, isIP } from 'node:net';

/** Says whether an address is in one of the ranges. What is no address is in none. */
export type RangeMatcher = (address: string) => boolean;

/** `10.0.0.7`, `10.0.0.0/8`, `::1`, `fd00::/8`. */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/**
 * Throws nothing: ranges that are none were refused when the configuration was read. They are read when the first
 * address is asked for: to know an address of IPv6 costs Node 8 ms, once, and most runs have none to ask for.
 */
export function createRangeMatcher(ranges: readonly string[]): RangeMatcher {
  let list: BlockList | undefined;
  return (address) => {
    const plain = toPlainAddress(address);
    const version = isIP(plain);
    list ??= toBlockList(ranges);
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  };
}

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges.map(parseRange)) {
    if (range !== undefined) list.addSubnet(range.address, range.bits, range.family);
  }
  return list;
}

/** IPv4 in the clothes of IPv6 (`::ffff:10.0.0.7`) is IPv4; a zone (`fe80::1%eth0`) is no part of an address. */
export function toPlainAddress(address: string): string {
  const [plain = ''] = address.split('%');
  const [, inner] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  return inner ?? plain;
}

/** 127.0.0.0/8 and ::1 by number, and `localhost`. Any other name may be anything, so it is not. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || loopback(host);
}

const loopback: RangeMatcher = createRangeMatcher(['127.0.0.0/8', '::1/128']);

interface Range {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

function parseRange(text: string): Range | undefined {
  const [, written = '', digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = toPlainAddress(written);
  const version = isIP(address);
  if (version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  // The mapped form counts its bits from the IPv6 address it is part of.
  const bits = digits === undefined ? most : Number(digits) - (address === written ? 0 : 96);
  return bits >= 0 && bits <= most ? { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}
