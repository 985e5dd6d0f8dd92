import type { Role } from './route.ts';

const order: readonly Role[] = ['public', 'read', 'operate', 'admin'];

/** May a caller with this role do what asks for the other? */
export function includesRole(own: Role, needed: Role): boolean {
  return order.indexOf(own) >= order.indexOf(needed);
}
