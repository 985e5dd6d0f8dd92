import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../records.ts';
import { atMost, type Row } from '../row.ts';
import type { Run } from '../run.ts';
import { toSocket } from '../supervisors/pm.ts';
import type { Workshop } from '../workshop.ts';
import { awaitControl } from './status.ts';

const followers = 1000;
const lineBytes = 120;
const linesPerSecond = 20;

/** A thousand clients that follow the output of one service. */
export async function measureFollowers(workshop: Workshop): Promise<Row[]> {
  workshop.tell(`${followers} followers of one log`);
  const lines = workshop.quick ? 60 : 200;
  const pour = `${lineBytes} ${lines * lineBytes} ${linesPerSecond * lineBytes}`;
  const run = workshop.start(workshop.pm, { count: 1, pour });
  const path = '/api/v1/processes/svc-0/logs?follow=true&tail=0';
  try {
    await awaitControl(run, workshop.pm, 1);
    const clients = workshop.startProgram([
      workshop.programs.subscribers,
      toSocket(run.folder),
      path,
      String(followers),
    ]);
    await clients.until('subscribed', 1);
    return await measureLines({ run, clients, lines });
  } finally {
    await run.close();
  }
}

interface Following {
  readonly run: Run;
  readonly clients: Run;
  readonly lines: number;
}

/** A line is due a fixed time after the first, so nobody has to say when each was written. */
async function measureLines({ run, clients, lines }: Following): Promise<Row[]> {
  const [started] = run.records.of('started');
  process.kill(started?.pid ?? 0, 'SIGUSR1');
  await run.until('poured', 1);
  for (const end = nowMs() + 10_000; clients.records.of('told').length < lines && nowMs() < end;) await sleep(10);
  const begun = run.records.of('pouring')[0]?.atMs ?? NaN;
  const told = clients.records.of('told');
  const lateMs = told.map(({ atMs, count }) => atMs - begun - ((count - 1) * 1000) / linesPerSecond);
  const name = `${followers} followers of a log`;
  return [
    { name: `${name}: a line told to the last, p50`, unit: 'ms', runs: { pm: lateMs } },
    { name: `${name}: a line told to the last, most`, unit: 'ms', runs: { pm: [Math.max(...lateMs)] } },
    { name: `${name}: lines missed`, unit: '', runs: { pm: [lines - told.length] }, budget: atMost(0) },
  ];
}
