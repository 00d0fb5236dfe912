import { join, resolve } from 'node:path';
import type { MajlisError } from '../../core/errors.js';
import { hasEnded } from '../../core/domain/run-state.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { ArmName } from '../../workers/evaluation/arm-figures.js';
import type { JudgeEndpoint } from '../judges/judge-endpoint.js';
import type { Fingerprints } from './fingerprints.js';
import { newArm } from './new-arm.js';
import { requireSameInputs } from './require-same-inputs.js';
import type { RunInputs } from './run-inputs.js';
import { writeRunRecord, type FoundRun } from './run-record.js';

/** A run before its first step. */
export interface EnteringRun {
  readonly id: string;
  readonly workspace: string;
  readonly arms: readonly ArmName[];
  readonly inputs: RunInputs;
  readonly fingerprints: Fingerprints;
  readonly runFile: string;
  readonly prompts?: string;
  readonly seed?: number;
  readonly judge?: JudgeEndpoint;
  /** The run that it goes on with. */
  readonly continued?: FoundRun;
}

/** The ledger's id of one of a run's arms: the run's own where it has no other. */
export function armRunId(run: string, arms: readonly ArmName[], arm: ArmName): string {
  return arms.length === 1 ? run : `${run}-${arm}`;
}

/** A run's folder in its workspace. */
export function runDirectory(workspace: string, run: string): string {
  return join(workspace, 'runs', run);
}

/**
 * Writes down what is asked for, or checks that it is what the run began with, and queues its arms in the ledger: from
 * here on the run can be seen, and gone on with.
 */
export async function enterRun(ledger: Ledger, run: EnteringRun): Promise<void> {
  const { continued, fingerprints, inputs } = run;
  const { config } = inputs;
  if (continued === undefined) await record(run);
  else requireSameInputs(continued.record, { config, fingerprints });
  for (const arm of run.arms) {
    const id = armRunId(run.id, run.arms, arm);
    if ((await ledger.getRun(id)) !== undefined) continue;
    await ledger.createRun(newArm(id, arm, config, fingerprints));
  }
}

/** Says of arms that never began why they did not: the run's preparation failed. */
export async function failArms(
  ledger: Ledger,
  { id, arms }: Pick<EnteringRun, 'id' | 'arms'>,
  error: MajlisError,
): Promise<void> {
  for (const arm of arms) {
    const run = await ledger.getRun(armRunId(id, arms, arm));
    if (run === undefined || hasEnded(run.state) || run.state === 'failed') continue;
    await ledger.setRunState(run.id, 'failed', error.message);
  }
}

async function record(run: EnteringRun): Promise<void> {
  const { id, workspace, arms, inputs, fingerprints, runFile, prompts, seed, judge } = run;
  await writeRunRecord(runDirectory(workspace, id), {
    format: 'majlis-run/1',
    arms: [...arms],
    runFile: resolve(runFile),
    ...(prompts === undefined ? {} : { prompts: resolve(prompts) }),
    ...(seed === undefined ? {} : { seed }),
    ...(judge === undefined ? {} : { judge: { url: judge.url, model: judge.model } }),
    config: inputs.config,
    fingerprints,
  });
}
