import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../cli/terminal/format-table.js';
import { BadInputError } from '../core/errors.js';
import { packageRoot } from '../core/runtime/package-root.js';
import type { BenchCase, Benchmark } from './bench-result.js';
import { quickstartBars } from './quickstart-bars.js';
import { quickstartSummarySchema } from './quickstart-summary-schema.js';
import type { ParsedSummary } from './quickstart-summary-schema.js';
import { lastLineJson, runChild } from './run-child.js';

const WORKERS = '2';

/** The quickstart's controlled experiment over several seeds, every bar checked for each. */
export const quickstartControls: Benchmark = {
  summary: "the quickstart's bars: --seeds 1,2,3,4,5 --example arabic|korean",
  run: async (args, print) => {
    const { seeds, example } = readOptions(args);
    const cases: BenchCase[] = [];
    for (const seed of seeds) {
      const summary = await runQuickstart(seed, example);
      const bars = quickstartBars(summary);
      print(
        `\nseed ${seed}: ${summary.seconds.toFixed(0)} s\n${figuresTable(summary)}\n\n${barsTable(bars)}`,
      );
      cases.push(...bars.map((bar) => ({ ...bar, name: `seed ${seed}, ${bar.name}` })));
    }
    return { ...headline(cases, `quickstart-controls`), cases };
  },
};

function readOptions(args: readonly string[]): {
  readonly seeds: readonly string[];
  readonly example: string;
} {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '1,2,3,4,5' },
      example: { type: 'string', default: 'arabic' },
    },
  });
  const seeds = values.seeds.split(',');
  const wrong = seeds.find((seed) => !/^\d+$/.test(seed));
  if (wrong === undefined) return { seeds, example: values.example };
  throw new BadInputError({ source: '--seeds', found: wrong, allowed: 'whole numbers, with commas between' });
}

/** In a process and a workspace of its own, through the command that people type. */
async function runQuickstart(seed: string, example: string): Promise<ParsedSummary> {
  const workspace = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
  const program = join(packageRoot, 'dist', 'cli', 'main.js');
  const options = [
    '--json',
    '--seed',
    seed,
    '--workers',
    WORKERS,
    '--example',
    example,
    '--workspace',
    workspace,
  ];
  try {
    const output = await runChild(process.execPath, [program, 'quickstart', ...options]);
    return quickstartSummarySchema.parse(lastLineJson(output));
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

function headline(cases: readonly BenchCase[], name: string): BenchCase {
  const ours = cases.filter(({ passed }) => passed === true).length;
  const peer = cases.length;
  return { name, unit: 'bars kept', ours, peer, peerName: 'bars', ratio: ours / peer, passed: ours === peer };
}

function figuresTable({ arms, rewardModelAccuracy }: ParsedSummary): string {
  const names = ['rubricA', 'swapped', 'placebo'] as const;
  const row = (title: string, figure: (arm: ParsedSummary['arms']['rubricA']) => string): string[] => [
    title,
    ...names.map((name) => figure(arms[name])),
  ];
  const targets = Object.keys(arms.rubricA.targetMetric);
  const { value, lengthBaseline } = rewardModelAccuracy;
  const table = formatTable(
    ['before → after [95%]', ...names],
    [
      row('unseen-entity share', ({ localEntityShare }) => change(localEntityShare)),
      row('unseen mention rate', ({ unseenMentionRate }) => change(unseenMentionRate)),
      ...targets.map((id) => row(id, ({ targetMetric }) => change(targetMetric[id]))),
      row('win rate against SFT', ({ winRate }) => interval(winRate)),
      row('win rate minus placebo', ({ winRateMinusPlacebo }) => interval(winRateMinusPlacebo)),
      row('KL, nats per sequence', ({ kl }) => interval(kl)),
      row('held-out NLL', ({ heldOutNll }) => `${fixed(heldOutNll.before)} → ${fixed(heldOutNll.after)}`),
      row('repetition', ({ repetition }) => `${fixed(repetition.before)} → ${fixed(repetition.after)}`),
    ],
  );
  return `${table}\nreward model on held-out pairs ${fixed(value)}, by length alone ${fixed(lengthBaseline)}`;
}

function barsTable(bars: readonly BenchCase[]): string {
  const rows = bars.map(({ name, unit, ours, peer, peerName, passed }) => [
    passed === true ? 'kept' : 'MISSED',
    name,
    `${Number(ours.toPrecision(4))}`,
    `${peerName} ${Number(peer.toPrecision(4))} ${unit}`,
  ]);
  return formatTable(['', 'bar', 'found', 'asked'], rows);
}

type Interval = ParsedSummary['arms']['rubricA']['winRate'];

function change({ before, after }: { readonly before: Interval; readonly after: Interval }): string {
  return `${fixed(before.value)} → ${interval(after)}`;
}

function interval({ value, low, high }: Interval): string {
  return `${fixed(value)} [${fixed(low)}, ${fixed(high)}]`;
}

function fixed(value: number): string {
  return value.toFixed(3);
}
