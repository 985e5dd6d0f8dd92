/** What goes over the wire: the contract of the API. The published package carries a copy (build.ts). */
export type * from '@pm-supervisor/plugin-api/contract';
