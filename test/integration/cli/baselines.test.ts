/** One cut-short run of three algorithms, and the same baselines without the others. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlgorithmName } from '../../../cli/pipeline/algorithms.js';
import type { ExperimentEnd } from '../../../cli/pipeline/experiment.js';
import { singleRun } from '../../../cli/pipeline/single-run.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { verifyLedger } from '../../../core/ledger/verify/verify-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';

jest.setTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), 'majlis-baselines-'));
let runFile = '';
let all: ExperimentEnd;

const run = (
  workspace: string,
  algorithms: readonly AlgorithmName[],
  workers: number,
): Promise<ExperimentEnd> =>
  singleRun({
    ...{ runFile, workspace: join(folder, workspace), algorithms, workers },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });

beforeAll(async () => {
  runFile = writeSmallRunFile(folder, 'arabic');
  appendFileSync(
    runFile,
    'baselines: { sftChosen: { steps: 10, answersPerStep: 8 }, dpo: { steps: 10, pairsPerStep: 8 } }\n',
  );
  all = await run('all', ['ppo', 'sft-chosen', 'dpo'], 1);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('supervised baselines beside PPO', () => {
  it('start from one checkpoint, move away from it, and differ', () => {
    const { arms } = all.summary;
    expect(Object.keys(arms)).toEqual(['rubricA', 'sft-chosen', 'dpo']);
    const hashes = Object.values(arms).map(({ policyHash }) => policyHash);
    expect(new Set(hashes).size).toBe(3);
    expect(arms['sft-chosen']?.heldOutNll.before).toBe(arms.dpo?.heldOutNll.before);
    expect(arms.dpo?.kl.value).toBeGreaterThan(0);
  });

  it('are compared in one table, with best-of-n at the KL of a trained policy', () => {
    const rows = all.summary.comparison ?? [];
    expect(rows.slice(0, 3).map(({ name }) => name)).toEqual(['ppo', 'sft-chosen', 'dpo']);
    expect(rows.slice(3).length).toBeGreaterThan(0);
    for (const { name, kl } of rows.slice(3)) {
      const n = Number(/^best of (\d+)$/.exec(name)?.[1]);
      expect(kl).toBeCloseTo(Math.log(n) - (n - 1) / n, 12);
    }
    for (const [at, arm] of (['rubricA', 'sft-chosen', 'dpo'] as const).entries()) {
      expect(rows[at].winRate.value).toBe(all.summary.arms[arm]?.winRate.value);
      expect(rows[at].heldOutNll?.value).toBeCloseTo(all.summary.arms[arm]?.heldOutNll.after ?? NaN, 12);
    }
    const [, row] = rows;
    expect(readFileSync(all.reportPath, 'utf8')).toContain(`${(row.winRate.value * 100).toFixed(1)}%`);
    expect(all.reportText).toContain('The same preferences, by other means');
  });

  it('have the wins of every category of prompts, which come to the wins over all', () => {
    for (const arm of ['rubricA', 'sft-chosen', 'dpo'] as const) {
      const groups = (all.summary.groups ?? []).filter((line) => line.arm === arm);
      expect(groups.length).toBeGreaterThan(5);
      const prompts = groups.reduce((sum, { winRate }) => sum + winRate.n, 0);
      const wins = groups.reduce((sum, { winRate }) => sum + winRate.value * winRate.n, 0);
      expect(prompts).toBe(all.summary.arms[arm]?.winRate.n);
      expect(wins / prompts).toBeCloseTo(all.summary.arms[arm]?.winRate.value ?? NaN, 9);
    }
  });

  it('leave a ledger that holds what it promises, with two policies of each', async () => {
    const file = join(folder, 'all', 'ledger.sqlite');
    const checks = await verifyLedger(file);
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    const ledger = await openSqliteLedger(file, systemClock);
    try {
      expect((await ledger.getRun(`${all.runId}-dpo`))?.state).toBe('completed');
      expect(await ledger.policyVersions(`${all.runId}-dpo`)).toHaveLength(2);
      expect((await ledger.preferences(`${all.runId}-dpo`)).length).toBeGreaterThan(0);
    } finally {
      await ledger.close();
    }
  });

  it('come to the same policy alone, whatever the number of workers', async () => {
    const alone = await run('alone', ['dpo'], 2);
    expect(alone.summary.arms.dpo?.policyHash).toBe(all.summary.arms.dpo?.policyHash);
    expect(alone.reportText).toContain('the policy beats its SFT checkpoint on');
  });
});
