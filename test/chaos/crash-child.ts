/**
 * One start of a rehearsed run, as a process of its own: the pipeline as `majlis run` composes it, with faults between it
 * and its services. It begins a run in an empty workspace, and goes on with the one that it finds.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { continueRun } from '../../cli/pipeline/continue-run.js';
import { runExperiment } from '../../cli/pipeline/experiment.js';
import type { StageProgress } from '../../cli/pipeline/progress.js';
import { readRunInputs } from '../../cli/pipeline/run-inputs.js';
import { findRunRecord } from '../../cli/pipeline/run-record.js';
import type { Workspace } from '../../cli/pipeline/workspace.js';
import { ChildDiary } from './child-diary.js';
import { childOrderSchema, type ChildOrder } from './child-order.js';
import { Executioner } from './executioner.js';
import { busWithPoints, ledgerWithPoints, trainerWithPoints } from './fault-points.js';
import { acknowledgesBeforeCommit, losesRngState, reusesEpoch } from './planted-bugs.js';
import { ledgerWithPerson } from './steering-person.js';

/** The run that the workspace has; its folder is there before its record is. */
function runOf(workspace: string): string | undefined {
  const runs = join(workspace, 'runs');
  if (!existsSync(runs)) return undefined;
  return readdirSync(runs).find((name) => existsSync(join(runs, name, 'run.json')));
}

/** Bugs lie below the points, so that the diary says what the coordinator was told. */
function withFaults(
  workspace: Workspace,
  order: ChildOrder,
  { executioner, diary, goesOn }: { executioner: Executioner; diary: ChildDiary; goesOn: boolean },
): Workspace {
  let { ledger, bus } = workspace;
  if (order.bug === 'ack-before-commit') ledger = acknowledgesBeforeCommit(ledger);
  if (order.bug === 'reused-epoch') ledger = reusesEpoch(ledger);
  if (order.bug === 'lost-rng-state' && goesOn) bus = losesRngState(bus);
  ledger = ledgerWithPerson(ledgerWithPoints(ledger, executioner, diary), order.pauseIn);
  const trainer = trainerWithPoints(workspace.trainer, executioner);
  return { ...workspace, ledger, trainer, bus: busWithPoints(bus, executioner, diary) };
}

async function main(order: ChildOrder): Promise<void> {
  const diary = new ChildDiary(order.diary);
  const executioner = new Executioner(order.kill, diary);
  const run = runOf(order.workspace);
  const options = {
    workers: order.workers,
    workspace: order.workspace,
    signal: new AbortController().signal,
    services: (workspace: Workspace) =>
      withFaults(workspace, order, { executioner, diary, goesOn: run !== undefined }),
    onProgress: ({ stage }: StageProgress) => {
      if (stage.startsWith('judging')) executioner.at('judging');
      if (stage === 'evaluation') executioner.at('evaluation');
    },
  };
  if (run !== undefined) {
    await continueRun(await findRunRecord(order.workspace, run), options);
    return;
  }
  const { runFile } = order;
  await runExperiment(['swapped'], await readRunInputs(runFile, {}), { ...options, runFile });
}

main(childOrderSchema.parse(JSON.parse(process.argv[2]))).catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  process.exitCode = 1;
});
