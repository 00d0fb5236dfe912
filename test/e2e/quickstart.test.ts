import { readFileSync } from 'node:fs';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../core/runtime/clock.js';
import { join } from 'node:path';
import { quickstart, type QuickstartResult } from '../../cli/pipeline/quickstart.js';
import { singleRun } from '../../cli/pipeline/single-run.js';
import { describeWithSharedData, sharedData } from '../support/shared-data.js';
import { writeSmallRunFile } from '../support/small-run-file.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';

jest.setTimeout(300_000);

const ARMS = ['rubricA', 'swapped', 'placebo'] as const;

function options(workspace: string, runFile: string, workers: number): Parameters<typeof quickstart>[0] {
  return { runFile, workspace, workers, onProgress: () => undefined, signal: new AbortController().signal };
}

describe('the quickstart, cut short', () => {
  const folder = useTemporaryFolder();

  it('ends with the same policies for one rollout worker and for four, and keeps what it did', async () => {
    const runFile = writeSmallRunFile(folder(), 'arabic');
    const one = await quickstart(options(join(folder(), 'one'), runFile, 1));
    const four = await quickstart(options(join(folder(), 'four'), runFile, 4));

    expect(hashes(four)).toEqual(hashes(one));
    expect(new Set(Object.values(hashes(one))).size).toBe(3);
    expect(one.summary.ratioFirstMinibatch?.low).toBeGreaterThan(1 - 1e-4);
    expect(one.summary.ratioFirstMinibatch?.high).toBeLessThan(1 + 1e-4);

    const page = readFileSync(one.reportPath, 'utf8');
    expect(page).toContain('<bdi lang="ar"');
    expect(page).not.toContain('<script');
    for (const arm of ARMS) expect(page).toContain(`Reward and control win rate, ${arm}`);
    const watched = await watchFigures(join(folder(), 'one', 'ledger.sqlite'));
    expect(watched).toEqual(await watchFigures(join(folder(), 'four', 'ledger.sqlite')));
    // A policy that has not learned yet says what the checkpoint says, in all three arms.
    expect(watched.filter(([name]) => name === '0 watch/control_win_rate')).toEqual(
      ARMS.map(() => ['0 watch/control_win_rate', 0.5]),
    );
    expect(watched.filter(([name]) => name === '2 watch/canaries_paid_share')).toHaveLength(3);
    await expectRecorded(join(folder(), 'one', 'ledger.sqlite'));
    expectRecomputable(one);
  });
});

function hashes({ summary }: QuickstartResult): Record<string, string | undefined> {
  return Object.fromEntries(ARMS.map((name) => [name, summary.arms[name]?.policyHash]));
}

/** What the reward watch found, by iteration and metric, arm after arm. */
async function watchFigures(path: string): Promise<[string, number][]> {
  const ledger = await openSqliteLedger(path, systemClock);
  try {
    const runs = [...(await ledger.listRuns())].sort((a, b) => a.name.localeCompare(b.name));
    const journals = await Promise.all(runs.map(({ id }) => ledger.iterations(id)));
    return journals
      .flat()
      .flatMap(({ iteration, metrics }) =>
        Object.entries(metrics).flatMap(([name, value]): [string, number][] =>
          name.startsWith('watch/') ? [[`${iteration} ${name}`, value]] : [],
        ),
      );
  } finally {
    await ledger.close();
  }
}

async function expectRecorded(path: string): Promise<void> {
  const ledger = await openSqliteLedger(path, systemClock);
  try {
    const runs = await ledger.listRuns();
    expect(runs.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed']);
    const swapped = runs.find(({ name }) => name === 'swapped');
    const iterations = await ledger.iterations(swapped?.id ?? '');
    const rubrics = iterations.map(({ rubricHash }) => rubricHash);
    expect(rubrics[0]).toBe(rubrics[1]);
    expect(rubrics[2]).not.toBe(rubrics[1]);
    expect(rubrics[3]).toBe(rubrics[2]);
    // The critic warms up alone in the first iteration, and again after the swap.
    expect(iterations.map(({ metrics }) => metrics['policy/steps'] ?? 0).map((steps) => steps > 0)).toEqual([
      false,
      true,
      false,
      true,
    ]);
    const learnedFrom = await ledger.preferences(swapped?.id ?? '');
    expect(new Set(learnedFrom.map(({ rubricHash }) => rubricHash))).toEqual(new Set(rubrics));
  } finally {
    await ledger.close();
  }
}

interface SampleLine {
  readonly kind: 'answer' | 'reference';
  readonly policy: string;
  readonly kl: number;
  readonly nll: number;
  readonly tokens: number;
}

function expectRecomputable({ samplesPath, summary }: QuickstartResult): void {
  const lines = readFileSync(samplesPath, 'utf8').trimEnd().split('\n');
  const rows = lines
    .map((line) => JSON.parse(line) as SampleLine)
    .filter(({ policy }) => policy === 'rubricA');
  const answers = rows.filter(({ kind }) => kind === 'answer');
  const references = rows.filter(({ kind }) => kind === 'reference');
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const figures = summary.arms.rubricA;
  expect(sum(answers.map(({ kl }) => kl)) / answers.length).toBeCloseTo(figures?.kl.value ?? Number.NaN, 9);
  const nll = sum(references.map(({ nll: one }) => one)) / sum(references.map(({ tokens }) => tokens));
  expect(nll).toBeCloseTo(figures?.heldOutNll.after ?? Number.NaN, 9);
}

describe.each([
  ['arabic', 'vicuna80_Arabic.jsonl'],
  ['korean', 'vicuna80_Korean.jsonl'],
])('prompts that nobody here wrote: %s', (example, file) => {
  describeWithSharedData(file, file, () => {
    const folder = useTemporaryFolder();

    it('run to the end, with a report that counts what was cut', async () => {
      const runFile = writeSmallRunFile(folder(), example);
      const prompts = sharedData(file);
      const { reportText, summary } = await singleRun({ ...options(folder(), runFile, 1), prompts });
      expect(reportText).toMatch(/\d+ prompts over length, \d+ answers cut in mid-character/);
      expect(summary.arms.rubricA?.policyHash).toMatch(/^[0-9a-f]{64}$/);
      expect(summary.arms.rubricA?.winRateMinusPlacebo).toBeUndefined();
    });
  });
});
