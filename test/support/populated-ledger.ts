import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentArtifacts } from '../../core/artifacts/segment-artifacts.js';
import type { ControlEvent } from '../../core/domain/run.js';
import type { CheckpointManifest } from '../../core/domain/checkpoint.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import { FakeClock } from './fake-clock.js';

/** A workspace with a ledger, payload segments and checkpoints, as a coordinator leaves it. */
export interface PopulatedWorkspace {
  readonly folder: string;
  readonly file: string;
  readonly segments: string;
}

export const EVENTS: readonly ControlEvent[] = [
  { kind: 'swap_rubric', rubricHash: 'rubric-b', iteration: 9 },
  { kind: 'swap_rubric', rubricHash: 'rubric-b' },
];

export function workspaceIn(folder: string): PopulatedWorkspace {
  return { folder, file: join(folder, 'ledger.sqlite'), segments: join(folder, 'segments') };
}

/** A completed run of so many iterations, and a failed one that stands in its second. */
export async function populateWorkspace(folder: string, iterations = 3): Promise<PopulatedWorkspace> {
  const workspace = workspaceIn(folder);
  const ledger = await openSqliteLedger(workspace.file, new FakeClock());
  const artifacts = await SegmentArtifacts.open({ folder: workspace.segments, segmentBytes: 300 });
  const play = playerOf(ledger, artifacts, folder);
  await play.start('run-done');
  for (const event of EVENTS) await ledger.requestControl('run-done', event);
  for (let iteration = 0; iteration < iterations; iteration += 1) await play.iterate('run-done', iteration);
  await ledger.recordPreferences('run-done', [
    {
      pair: {
        id: 'pair-1',
        prompt: { id: 'p1', locale: 'ar-EG', text: 'إزيك؟', category: 'greetings' },
        first: 'الحمد لله',
        second: 'it\'s, "fine"\nthanks',
      },
      rubricHash: 'rubric-a',
      probabilityFirst: 0.9,
      weight: 0.5,
      excludedVerdicts: 1,
    },
  ]);
  await ledger.setRunState('run-done', 'completed');
  await play.start('run-failed');
  await play.iterate('run-failed', 0);
  await play.answer('run-failed', 1);
  await ledger.issueTasks('run-failed', [{ id: 'open', iteration: 1, issue: 1, deadlineMs: 5 }]);
  await ledger.setRunState('run-failed', 'failed', 'the reward plane is on fire');
  await artifacts.close();
  await ledger.close();
  return workspace;
}

interface Player {
  start(run: string): Promise<void>;
  /** Issues two tasks of an iteration and takes their results. Returns the ids. */
  answer(run: string, iteration: number): Promise<readonly string[]>;
  iterate(run: string, iteration: number): Promise<void>;
}

function playerOf(ledger: Ledger, artifacts: SegmentArtifacts, folder: string): Player {
  const answer = async (run: string, iteration: number): Promise<readonly string[]> => {
    const ids = [0, 1].map((number) => `${run}-${iteration}-${number}`);
    const issued = ids.map((id) => ({ id, iteration, issue: 1, deadlineMs: 5 }));
    await ledger.issueTasks(run, issued);
    for (const taskId of ids) {
      const payloadHash = await artifacts.put(Buffer.from(`payload of ${taskId}`));
      await ledger.acceptResults(run, [{ taskId, iteration, payloadHash }]);
    }
    return ids;
  };
  return {
    answer,
    start: async (run) => {
      const identity = { id: run, name: run, seed: 7, config: '{"locale":"ar-EG"}', configHash: 'c' };
      await ledger.createRun({ ...identity, fingerprints: { config: 'c' } });
      await ledger.beginEpoch(run);
      await ledger.setRunState(run, 'running');
      await ledger.recordPolicyVersion(run, { version: 0, hash: 'h0', location: '/p/0' }, 'rubric-a');
    },
    iterate: async (run, iteration) => {
      const consumed = await answer(run, iteration);
      const inputsHash = await artifacts.put(Buffer.from(`inputs of ${run} ${iteration}`));
      const controls = await ledger.controlEvents(run);
      if (iteration === 1 && controls.length > 0) await ledger.stampControl(run, [2], 1);
      const rubricHash = iteration >= 1 && controls.length > 0 ? 'rubric-b' : 'rubric-a';
      const controlSequence = rubricHash === 'rubric-b' ? 2 : 0;
      const metrics = { 'objective/kl': 0.25 * iteration, 'policy/entropy': iteration === 0 ? 1 : NaN };
      const policy = { version: iteration + 1, hash: `h${iteration + 1}`, location: `/p/${iteration + 1}` };
      await ledger.completeIteration(run, {
        record: {
          ...{ iteration, policyVersion: iteration, rubricHash, rewardModelHash: 'm', inputsHash },
          ...{ controlSequence, metrics },
        },
        consumed: consumed.map((id) => ({ iteration, id })),
        policy: { ...policy, rubricHash },
        checkpoint: { ...manifestOf(folder, run, iteration + 1), policyVersion: policy, rubricHash },
      });
      if (iteration >= 1) await ledger.forgetCheckpoints(run, [iteration - 1]);
    },
  };
}

function manifestOf(
  folder: string,
  run: string,
  iteration: number,
): Omit<CheckpointManifest, 'policyVersion' | 'rubricHash'> {
  const saved = (model: string) => {
    const directory = join(folder, 'runs', run, String(iteration), model);
    const weights = `weights of ${model} of ${run} before ${iteration}`;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'state.safetensors'), weights);
    writeFileSync(join(directory, 'state.json'), '{}');
    return { directory, sha256: sha256(weights), step: iteration };
  };
  const klController = { kind: 'fixed', coef: 0.05 } as const;
  return {
    iteration,
    klController,
    policyHeldUntil: 0,
    rngSeed: 7,
    policy: saved('policy'),
    critic: saved('critic'),
  };
}
