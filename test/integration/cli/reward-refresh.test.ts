/** A cut-short run whose reward model is retrained before iteration 2, and the same run interrupted after that. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openLightReward } from '../../../cli/commands/reward/open-light-reward.js';
import { continueRun } from '../../../cli/pipeline/continue-run.js';
import { runDirectory } from '../../../cli/pipeline/enter-run.js';
import type { ExperimentEnd } from '../../../cli/pipeline/experiment.js';
import { findRunRecord } from '../../../cli/pipeline/run-record.js';
import { singleRun, type SingleRunOptions } from '../../../cli/pipeline/single-run.js';
import type { Preference } from '../../../core/domain/preference.js';
import type { IterationRecord } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';

jest.setTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), 'majlis-refresh-'));
const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')];
let end: ExperimentEnd;
let records: readonly IterationRecord[];
let preferences: readonly Preference[];

function optionsIn(workspace: string): SingleRunOptions {
  const runFile = join(folder, 'run.yaml');
  return {
    ...{ runFile, workspace, workers: 1 },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  };
}

async function recorded(workspace: string, run: string): Promise<void> {
  const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), systemClock);
  try {
    records = await ledger.iterations(run);
    preferences = await ledger.preferences(run);
  } finally {
    await ledger.close();
  }
}

beforeAll(async () => {
  const runFile = writeSmallRunFile(folder, 'arabic');
  const text = readFileSync(runFile, 'utf8');
  const refreshed = text.replace('pairsPerStep: 16 }', 'pairsPerStep: 16, refreshEvery: 2 }');
  writeFileSync(runFile, `${refreshed}checkpoints: { every: 1 }\n`);
  end = await singleRun(optionsIn(whole));
  await recorded(whole, end.runId);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a reward model that is retrained on the policy', () => {
  it('pays from its iteration on, and every iteration names the one that paid it', () => {
    const hashes = records.map(({ rewardModelHash }) => rewardModelHash);
    expect(hashes).toHaveLength(4);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
    expect(hashes[3]).toBe(hashes[2]);
  });

  it('is learned by the critic alone at first', () => {
    const versions = records.map(({ policyVersion }) => policyVersion);
    // Iteration 0 is the critic's warm-up; 1 moves the policy; 2 does not, for the critic's sake.
    expect(versions).toEqual([0, 0, 1, 1]);
  });

  it('learned from pairs of the policy beside those of the checkpoint', () => {
    const rewards = join(runDirectory(whole, end.runId), 'rewards');
    const stored = z.object({ preferences: z.array(z.unknown()), normalizer: z.unknown() });
    const [first, second] = readdirSync(rewards)
      .sort()
      .map((name) => stored.parse(JSON.parse(readFileSync(join(rewards, name, 'reward.json'), 'utf8'))));
    expect(second.preferences.slice(0, first.preferences.length)).toEqual(first.preferences);
    expect(second.preferences.length).toBeGreaterThan(1.5 * first.preferences.length);
    expect(second.normalizer).not.toEqual(first.normalizer);
    expect(preferences).toEqual(second.preferences);
  });

  it('is in the trainer alone, so that the commands for light models refuse it', async () => {
    const rewards = join(runDirectory(whole, end.runId), 'rewards');
    const [first] = readdirSync(rewards).sort();
    await expect(openLightReward(join(rewards, first))).rejects.toThrow(
      "found a network of the run's trainer; allowed: a light reward model",
    );
  });

  it('pays on after the run was interrupted, to the same policy', async () => {
    const stopping = new AbortController();
    const interrupted = singleRun({
      ...optionsIn(broken),
      signal: stopping.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'PPO rubricA' && done === 3) stopping.abort();
      },
    });
    await expect(interrupted).rejects.toThrow();
    const [run] = readdirSync(join(broken, 'runs'));
    const found = await findRunRecord(broken, run);
    const continued = await continueRun(found, optionsIn(broken));
    expect(continued.summary.arms.rubricA?.policyHash).toBe(end.summary.arms.rubricA?.policyHash);
  });
});
