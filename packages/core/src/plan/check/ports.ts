import { joinPath } from '../../config/path.ts';
import type { Building } from '../build/building.ts';
import type { ProcessSpec } from '../spec.ts';

interface PortRange {
  readonly name: string;
  readonly from: number;
  /** Of the instances that the plan starts. */
  readonly to: number;
}

/** `port_base`: ports that exist, and that no two processes share at their planned scale. */
export function checkPorts(specs: ReadonlyMap<string, ProcessSpec>, building: Building): void {
  const ranges = [...specs.values()].flatMap(toRange).toSorted((a, b) => a.from - b.from);
  for (const range of ranges) checkBounds(range, building);
  // Sorted by their first port: the one that reaches furthest so far is the only one to compare with.
  let furthest: PortRange | undefined;
  for (const range of ranges) {
    if (furthest !== undefined && range.from <= furthest.to) reportOverlap(furthest, range, building);
    if (furthest === undefined || range.to > furthest.to) furthest = range;
  }
}

function toRange(spec: ProcessSpec): readonly PortRange[] {
  if (spec.portBase === undefined || !spec.enabled) return [];
  return [{ name: spec.name, from: spec.portBase, to: spec.portBase + Math.max(1, spec.scale) - 1 }];
}

function checkBounds(range: PortRange, building: Building): void {
  if (Number.isInteger(range.from) && range.from >= 1 && range.to <= 65_535) return;
  const ports =
    range.from === range.to ? `${range.from} is not a port` : `${range.from} to ${range.to} are not all ports`;
  building.report.error(pathOf(range, building), ports, 'Ports are 1 to 65535; one is needed per instance.');
}

function reportOverlap(first: PortRange, second: PortRange, building: Building): void {
  const message = `the ports of "${second.name}" (${describe(second)}) overlap those of "${first.name}" (${describe(first)})`;
  building.report.error(
    pathOf(second, building),
    message,
    `Each instance takes one port: set "port_base: ${first.to + 1}" or higher.`,
  );
}

function describe({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}–${to}`;
}

function pathOf({ name }: PortRange, { declared }: Building): string {
  return joinPath(declared.get(name)?.path ?? joinPath('processes', name), 'port_base');
}
