/**
 * A cut-short run in Arabic and Korean: its figures, the floor that pauses it, and the same run swapped, interrupted and
 * continued.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { rubricHistory } from '../../../cli/commands/rubric/rubric-history.js';
import { readRubricSet } from '../../../cli/control/stored-rubric-sets.js';
import { withControl } from '../../../cli/control/with-control.js';
import { continueRun } from '../../../cli/pipeline/continue-run.js';
import { runDirectory } from '../../../cli/pipeline/enter-run.js';
import { runExperiment, type ExperimentEnd } from '../../../cli/pipeline/experiment.js';
import { readRunInputs } from '../../../cli/pipeline/run-inputs.js';
import { findRunRecord } from '../../../cli/pipeline/run-record.js';
import { singleRun, type SingleRunOptions } from '../../../cli/pipeline/single-run.js';
import type { IterationRecord } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock as clock } from '../../../core/runtime/clock.js';
import type { ArmFigures } from '../../../workers/evaluation/arm-figures.js';
import { writeSmallLocalesRun } from '../../support/small-locales-run.js';

jest.setTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), 'majlis-locales-'));
const [whole, floored, broken] = ['whole', 'floored', 'broken'].map((name) => join(folder, name));
const swap = { swap: { rubric: 'ko-hapsyo', iteration: 2 } };
let runFile: string;
let end: ExperimentEnd;

function optionsIn(workspace: string, changes: Partial<SingleRunOptions> = {}): SingleRunOptions {
  return {
    ...{ runFile, workspace, workers: 2 },
    onProgress: () => undefined,
    signal: new AbortController().signal,
    ...changes,
  };
}

async function iterationsOf(workspace: string, run: string): Promise<readonly IterationRecord[]> {
  const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), clock);
  try {
    return await ledger.iterations(run);
  } finally {
    await ledger.close();
  }
}

function figuresOf({ summary }: ExperimentEnd): ArmFigures {
  if (summary.arms.rubricA === undefined) throw new Error('the first arm has no figures');
  return summary.arms.rubricA;
}

const storedReward = z.object({
  normalizer: z.array(z.object({ locale: z.string() })),
  preferences: z.array(z.object({ pair: z.object({ prompt: z.object({ locale: z.string() }) }) })),
});

beforeAll(async () => {
  runFile = writeSmallLocalesRun(folder, { ...swap, checkpoints: { every: 1 } });
  end = await runExperiment(['rubricA', 'swapped'], await readRunInputs(runFile), optionsIn(whole));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a run on several locales', () => {
  it('tells wins, reward before and after, and KL of each locale and of each category within it', () => {
    const groups = new Map(
      (end.summary.groups ?? []).filter(({ arm }) => arm === 'rubricA').map((line) => [line.group, line]),
    );
    expect([...groups.keys()]).toEqual(expect.arrayContaining(['ar', 'ar/food', 'ko', 'ko/food']));
    const prompts = ['ar', 'ko'].map((name) => {
      const { winRate, kl, reward, rewardBefore } = groups.get(name) ?? {};
      expect(kl?.value).toBeGreaterThan(0);
      expect([kl, reward, rewardBefore].map((figure) => figure?.n)).toEqual(Array(3).fill(winRate?.n));
      expect(reward?.value).not.toBe(rewardBefore?.value);
      return winRate?.n ?? NaN;
    });
    const { winRate, targetMetric } = figuresOf(end);
    expect(prompts[0] + prompts[1]).toBe(winRate.n);
    expect(targetMetric['ko-haeyo'].after.n).toBe(prompts[1]);
    expect(end.reportText).toMatch(/rubricA, ko\s+[\d.]+%.* reward .* → .* KL /);
  });

  it('asks each iteration as many prompts of one locale as of the other, and records what each was paid', async () => {
    const records = await iterationsOf(whole, `${end.runId}-rubricA`);
    expect(records).toHaveLength(4);
    for (const { metrics } of records) {
      expect(metrics).toMatchObject({ 'fairness/ar/answers': 8, 'fairness/ko/answers': 8 });
      expect(metrics['fairness/ko/mean']).toEqual(expect.any(Number));
    }
    expect(records[0].metrics).toMatchObject({ 'fairness/ar/control_win_rate': 0.5 });
  });

  it('has a reward model of its own for each locale, centred on that locale’s answers alone', () => {
    const rewards = join(runDirectory(whole, end.runId), 'rewards');
    const names = readdirSync(rewards).filter((name) => name !== 'sets');
    const locales = names.sort().map((name) => {
      const stored = JSON.parse(readFileSync(join(rewards, name, 'reward.json'), 'utf8')) as unknown;
      const { normalizer, preferences } = storedReward.parse(stored);
      const judged = new Set(preferences.map(({ pair }) => pair.prompt.locale));
      return [name.replace(/-[0-9a-f]{12}-judged$/, ''), normalizer.map(({ locale }) => locale), [...judged]];
    });
    expect(locales).toEqual([
      ['ar-msa', ['ar'], ['ar']],
      ['ko-haeyo', ['ko'], ['ko']],
      ['ko-hapsyo', ['ko'], ['ko']],
    ]);
  });

  it('swaps the rubric of one locale, in force as a set that the workspace can read back', async () => {
    const hashes = (await iterationsOf(whole, `${end.runId}-swapped`)).map(({ rubricHash }) => rubricHash);
    expect(hashes).toEqual([hashes[0], hashes[0], hashes[2], hashes[2]]);
    const ids = async (hash: string): Promise<string[]> =>
      (await readRubricSet(whole, hash)).members.map(({ rubric }) => rubric.id);
    expect(await ids(hashes[0])).toEqual(['ar-msa', 'ko-haeyo']);
    expect(await ids(hashes[2])).toEqual(['ar-msa', 'ko-hapsyo']);
    const { text } = await rubricHistory({ workspace: whole, clock }, `${end.runId}-swapped`);
    expect(text).toMatch(/^2 +swap +ar-msa 1\.0\.0, ko-hapsyo 1\.0\.0 /m);
    expect((await rubricHistory({ workspace: whole, clock }, 'ar-msa')).text).not.toContain('(swap)');
  });

  it('stands where a locale is paid less than the floor, and goes on, to the policy of a run without one', async () => {
    // Of 16 answers an iteration 8 are in each locale, and a mean of fewer than 16 says nothing.
    const health = { iterations: 2, subgroupFloor: 5 };
    const file = writeSmallLocalesRun(mkdtempSync(join(folder, 'floor-')), { health });
    const reasons: string[] = [];
    let running = true;
    const resuming = (async () => {
      while (running) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        await withControl({ workspace: floored, clock }, async (control) => {
          for (const { run } of await control.listRuns({ withProgress: false })) {
            if (run.state !== 'paused') continue;
            reasons.push(run.reason ?? '');
            await control.shadowRubric(run.id, { rubric: 'ko-hapsyo' });
            await control.resumeRun(run.id);
          }
        }).catch(() => undefined);
      }
    })();
    const stood = await singleRun(optionsIn(floored, { runFile: file, workers: 1 })).finally(() => {
      running = false;
    });
    await resuming;
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(
      /^Iteration 1: fairness\/(ar|ko)\/mean was -?[\d.]+ over 16 answers in the last 2 iterations; allowed: at least 5 \(health.subgroupFloor\)\. Go back with/,
    );
    // A candidate that was asked for while the run stood is scored beside it, and changes nothing.
    const metrics = (await iterationsOf(floored, stood.runId)).map((record) => record.metrics);
    expect(metrics.map((figures) => 'shadow/scores' in figures)).toEqual([false, false, true, true]);
    expect(stood.summary.arms.rubricA?.policyHash).toBe(end.summary.arms.rubricA?.policyHash);
  });

  it('goes on after it was interrupted behind a swap, to the same policy', async () => {
    const stopping = new AbortController();
    const interrupted = runExperiment(['swapped'], await readRunInputs(runFile), {
      ...optionsIn(broken, { workers: 1 }),
      signal: stopping.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'PPO swapped' && done === 3) stopping.abort();
      },
    });
    await expect(interrupted).rejects.toThrow();
    const [run] = readdirSync(join(broken, 'runs'));
    const continued = await continueRun(await findRunRecord(broken, run), optionsIn(broken));
    expect(continued.summary.arms.swapped?.policyHash).toBe(end.summary.arms.swapped?.policyHash);
  });
});
