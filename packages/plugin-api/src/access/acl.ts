import { createRangeMatcher, type RangeMatcher, toPlainAddress } from './ranges.ts';

export interface AclSettings {
  /** `allow`: only those listed. `deny`: all but those listed. */
  readonly mode: 'allow' | 'deny';
  readonly allowList: readonly string[];
  readonly denyList: readonly string[];
  /** Whom to believe about for whom they speak (X-Forwarded-For): anybody, nobody, or these. */
  readonly trustProxy: boolean | readonly string[];
}

export interface Acl {
  /**
   * The address that is let in or not: of the peer, or of whom a trusted proxy says it speaks for. undefined where a
   * trusted proxy says something that is no address: that lets nobody in.
   */
  clientOf(peer: string, forwardedFor: string | undefined): string | undefined;
  isAllowed(address: string | undefined): boolean;
}

/** Fails closed: an address that cannot be read, and an empty list of those allowed, let nobody in. */
export function createAcl({ mode, allowList, denyList, trustProxy }: AclSettings): Acl {
  const allowed = createRangeMatcher(allowList);
  const denied = createRangeMatcher(denyList);
  const trusted = toTrust(trustProxy);
  return {
    clientOf(peer, forwardedFor) {
      if (forwardedFor === undefined || !trusted(peer)) return toPlainAddress(peer);
      // Each proxy appends whom it heard from: only the last entry is the word of the one we talk to.
      return readAddress(forwardedFor.split(',').at(-1) ?? '');
    },
    isAllowed(address) {
      if (address === undefined || !isAddress(address) || denied(address)) return false;
      return mode === 'deny' || allowed(address);
    },
  };
}

function toTrust(trustProxy: AclSettings['trustProxy']): RangeMatcher {
  if (typeof trustProxy === 'boolean') return () => trustProxy;
  return createRangeMatcher(trustProxy);
}

/** `10.0.0.7`, `10.0.0.7:4711`, `[::1]`, `[::1]:4711`. */
function readAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed) ?? [];
  const [, dotted] = /^(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(trimmed) ?? [];
  const address = toPlainAddress(bracketed ?? dotted ?? trimmed);
  return isAddress(address) ? address : undefined;
}

const everywhere = createRangeMatcher(['0.0.0.0/0', '::/0']);

function isAddress(text: string): boolean {
  return everywhere(text);
}
