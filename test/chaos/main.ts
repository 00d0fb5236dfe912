/**
 * `npm run test:crash -- [--schedules N] [--seed S]`: rehearses crashes and says what they broke. A seed alone replays
 * that one schedule.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.js';
import { rehearseAll, type RehearsalReport } from './rehearse-all.js';
import type { RehearsalResult } from './rehearsal.js';

const DEFAULT_SCHEDULES = 10;
const MOST_AT_A_TIME = 4;

const flagsSchema = z.strictObject({
  schedules: z.coerce.number().int().min(1).exactOptional(),
  seed: z.coerce.number().int().min(1).exactOptional(),
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function lineOf({ seed, struck, violations, seconds }: RehearsalResult): string {
  const verdict = violations.length === 0 ? 'ok' : 'BROKEN';
  return `seed ${seed}: ${verdict}, ${struck.length} kills in ${seconds.toFixed(1)} s (${struck.join(', ')})`;
}

function summaryOf({ results, strikes, missed, reference }: RehearsalReport): string[] {
  const kinds = Object.entries(FAULT_KINDS) as [FaultKind, string][];
  const kills = results.reduce((sum, { struck }) => sum + struck.length, 0);
  const broken = results.filter(({ violations }) => violations.length > 0);
  return [
    '',
    ...kinds.map(
      ([kind, what]) => `${String(strikes.get(kind) ?? 0).padStart(5)}  ${kind.padEnd(18)} ${what}`,
    ),
    '',
    `${results.length} schedules, ${kills} kills; policy ${reference.policyHash.slice(0, 12)} each time: ${
      results.length - broken.length
    } of ${results.length}`,
    ...missed.map((kind) => `never struck: ${kind}`),
    ...broken.flatMap(({ seed, violations }) => [
      `seed ${seed} (again: npm run test:crash -- --seed ${seed})`,
      ...violations.map(({ promise, found }) => `  ${promise}: ${found}`),
    ]),
  ];
}

async function main(): Promise<void> {
  const options = { schedules: { type: 'string' }, seed: { type: 'string' } } as const;
  const flags = flagsSchema.parse({ ...parseArgs({ options }).values });
  const { seed = 1, schedules = flags.seed === undefined ? DEFAULT_SCHEDULES : 1 } = flags;
  const parallel = Math.min(availableParallelism(), MOST_AT_A_TIME);
  const began = performance.now();
  const report = await rehearseAll({ seed, schedules, parallel }, (result) => say(lineOf(result)));
  for (const line of summaryOf(report)) say(line);
  say(`${((performance.now() - began) / 1000).toFixed(0)} s, ${parallel} at a time`);
  const isBroken = report.results.some(({ violations }) => violations.length > 0);
  if (isBroken || report.missed.length > 0) process.exitCode = 1;
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
