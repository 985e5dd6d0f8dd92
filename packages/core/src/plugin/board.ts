import { PluginError } from '../errors.ts';
import type { TapOwner } from '../hooks/owner.ts';

/** What plugins provide to each other. */
export interface ApiBoard {
  /** Throws PluginError naming both where another plugin has the name. */
  provide(owner: TapOwner, name: string, api: unknown): void;
  /** Remembers who uses whom: users are set up again when what they use is. */
  use(owner: TapOwner, name: string): unknown;
  /** Names of what a plugin provides. */
  providedBy(owner: TapOwner): readonly string[];
  /** Plugins whose offers this one took. */
  usedBy(owner: TapOwner): ReadonlySet<string>;
  /** Takes everything of a set-up back. */
  remove(owner: TapOwner): void;
}

interface Offer {
  readonly owner: TapOwner;
  readonly name: string;
  readonly api: unknown;
}

/**
 * An empty board. While a reload is being tried two set-ups of one plugin live side by side: each plugin finds the
 * newest offer, and an offer of the same plugin is no collision.
 */
export function createBoard(): ApiBoard {
  const uses = new Map<TapOwner, Set<string>>();
  let offers: readonly Offer[] = [];
  return {
    provide(owner, name, api) {
      const holder = offers.find(
        (offer) => offer.name === name && (offer.owner.plugin !== owner.plugin || offer.owner === owner),
      );
      if (holder !== undefined) throw toCollision(owner, holder);
      offers = [...offers, { owner, name, api }];
    },
    use(owner, name) {
      const offer = offers.findLast((one) => one.name === name && !one.owner.disposed);
      if (offer !== undefined) uses.set(owner, (uses.get(owner) ?? new Set<string>()).add(offer.owner.plugin));
      return offer?.api;
    },
    providedBy: (owner) => offers.filter((offer) => offer.owner === owner).map(({ name }) => name),
    usedBy: (owner) => uses.get(owner) ?? new Set(),
    remove(owner) {
      offers = offers.filter((offer) => offer.owner !== owner);
      uses.delete(owner);
    },
  };
}

function toCollision({ plugin }: TapOwner, { owner, name }: Offer): PluginError {
  const message =
    owner.plugin === plugin
      ? `plugin "${plugin}" provides "${name}" twice`
      : `plugins "${owner.plugin}" and "${plugin}" both provide "${name}"`;
  return new PluginError(
    'PM_PLUGIN_INVALID',
    message,
    { plugin, hook: 'provide' },
    { hint: 'One name has one provider.' },
  );
}
