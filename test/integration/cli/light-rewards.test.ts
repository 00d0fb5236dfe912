/** A cut-short run of two arms that is paid by light reward models, retrained and swapped, and one arm of it interrupted. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportRewardModel } from '../../../cli/commands/reward/export-reward-model.js';
import { openLightReward } from '../../../cli/commands/reward/open-light-reward.js';
import { continueRun } from '../../../cli/pipeline/continue-run.js';
import { runDirectory } from '../../../cli/pipeline/enter-run.js';
import { runExperiment, type ExperimentEnd } from '../../../cli/pipeline/experiment.js';
import { readRunInputs } from '../../../cli/pipeline/run-inputs.js';
import { findRunRecord } from '../../../cli/pipeline/run-record.js';
import { singleRun, type SingleRunOptions } from '../../../cli/pipeline/single-run.js';
import type { IterationRecord } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { loadLightReward } from '../../../reward/model/light/light-artifact.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';

jest.setTimeout(300_000);

const folder = mkdtempSync(join(tmpdir(), 'majlis-light-run-'));
const [whole, broken] = ['whole', 'broken'].map((name) => join(folder, name));
let end: ExperimentEnd;
let records: readonly IterationRecord[];

function optionsIn(workspace: string, workers: number): SingleRunOptions {
  return {
    ...{ runFile: join(folder, 'run.yaml'), workspace, workers },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  };
}

async function recordsIn(workspace: string, run: string): Promise<readonly IterationRecord[]> {
  const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), systemClock);
  try {
    return await ledger.iterations(run);
  } finally {
    await ledger.close();
  }
}

beforeAll(async () => {
  const runFile = writeSmallRunFile(folder, 'arabic');
  const text = readFileSync(runFile, 'utf8');
  const light = text.replace(/rewardModel: .*/, 'rewardModel: { form: light, refreshEvery: 2 }');
  writeFileSync(runFile, `${light}checkpoints: { every: 1 }\n`);
  end = await runExperiment(['rubricA', 'swapped'], await readRunInputs(runFile), optionsIn(whole, 2));
  records = await recordsIn(whole, `${end.runId}-rubricA`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a run that is paid by light reward models', () => {
  it('keeps each as a whole light model, under the hash that its iterations name', async () => {
    const hashes = records.map(({ rewardModelHash }) => rewardModelHash);
    expect(hashes).toHaveLength(4);
    expect(new Set(hashes)).toEqual(new Set([hashes[0], hashes[2]]));
    expect(hashes[2]).not.toBe(hashes[0]);
    const rewards = join(runDirectory(whole, end.runId), 'rewards');
    const stored = await Promise.all(
      readdirSync(rewards).map((name) => loadLightReward(join(rewards, name, 'model'))),
    );
    expect(stored.map(({ hash }) => hash)).toEqual(expect.arrayContaining(hashes));
    for (const { model, rubric } of stored) {
      expect(rubric.hash).toBe(end.summary.rubricHashes[rubric.id]);
      expect(model.centres.has('ar')).toBe(true);
    }
  });

  it('is learned from, and reported with how often its model is right', () => {
    expect(records.every(({ metrics }) => Number.isFinite(metrics['objective/scores']))).toBe(true);
    expect(records.at(-1)?.policyVersion).toBeGreaterThan(0);
    expect(end.summary.rewardModelAccuracy?.value).toBeGreaterThan(0.5);
    expect(end.reportText).toMatch(/^Light reward model on held-out pairs: \d+\.\d% of \d+;/m);
  });

  it('hands its models to the commands that measure reward models', async () => {
    const out = join(folder, 'exported');
    const place = { workspace: whole, run: `${end.runId}-rubricA` };
    const exported = await exportRewardModel({ ...place, out }, systemClock);
    expect(exported.json).toMatchObject({ hash: records[3].rewardModelHash, iterations: [2, 3] });
    const first = await exportRewardModel({ ...place, out: `${out}-0`, iteration: 0 }, systemClock);
    expect(first.json).toMatchObject({ hash: records[0].rewardModelHash, iterations: [0, 1] });
    expect((await openLightReward(out)).hash).toBe(records[3].rewardModelHash);
    const rewards = join(runDirectory(whole, end.runId), 'rewards');
    const kept = await Promise.all(readdirSync(rewards).map((name) => openLightReward(join(rewards, name))));
    expect(kept.map(({ hash }) => hash)).toContain(records[0].rewardModelHash);
    await expect(exportRewardModel({ ...place, out, iteration: 9 }, systemClock)).rejects.toThrow(
      `run ${place.run} has no iteration 9: it has those from 0 to 3`,
    );
  });

  it('ends in the same policy with one worker, interrupted on the way', async () => {
    const stopping = new AbortController();
    const interrupted = singleRun({
      ...optionsIn(broken, 1),
      signal: stopping.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'PPO rubricA' && done === 3) stopping.abort();
      },
    });
    await expect(interrupted).rejects.toThrow();
    const [run] = readdirSync(join(broken, 'runs'));
    const continued = await continueRun(await findRunRecord(broken, run), optionsIn(broken, 1));
    expect(continued.summary.arms.rubricA?.policyHash).toBe(end.summary.arms.rubricA?.policyHash);
    expect((await recordsIn(broken, run)).map(({ rewardModelHash }) => rewardModelHash)).toEqual(
      records.map(({ rewardModelHash }) => rewardModelHash),
    );
  });

  it('is paid by the other rubric from a swap on', async () => {
    const paid = await recordsIn(whole, `${end.runId}-swapped`);
    const [first, second] = Object.values(end.summary.rubricHashes);
    expect(paid.map(({ rubricHash }) => rubricHash)).toEqual([first, first, second, second]);
    const [before, after] = [paid[0], paid[2]].map(({ rewardModelHash }) => rewardModelHash);
    expect(before).toBe(records[0].rewardModelHash);
    expect(after).not.toBe(records[2].rewardModelHash);
    expect(end.summary.arms.swapped?.policyHash).not.toBe(end.summary.arms.rubricA?.policyHash);
  });
});
