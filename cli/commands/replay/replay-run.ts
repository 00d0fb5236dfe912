import { join } from 'node:path';
import { SegmentArtifacts } from '../../../core/artifacts/segment-artifacts.js';
import type { Run } from '../../../core/domain/run.js';
import { unknownRun } from '../../../core/ledger/ledger-refusals.js';
import type { Ledger } from '../../../core/ledger/ledger.js';
import { majlisVersion } from '../../../core/runtime/majlis-version.js';
import type { Trainer } from '../../../core/trainer/trainer.js';
import { replayIteration } from '../../../coordinator/replay/replay-iteration.js';
import type { IterationReplay } from '../../../coordinator/replay/replay-iteration.js';
import { OfflineRunControl } from '../../control/offline-run-control.js';
import { resolveRun } from '../../control/resolve-run.js';
import { differences, type Difference } from '../../pipeline/differences.js';
import { computingFingerprints, type Fingerprints } from '../../pipeline/fingerprints.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { openReplayTrainer } from './open-replay-trainer.js';
import { withLedgerCopy } from './ledger-copy.js';
import { replayText } from './replay-text.js';
import { replayVerdict } from './replay-verdict.js';
import { storedHistory } from './stored-history.js';

export interface ReplayRequest {
  readonly workspace: string;
  readonly run: string;
  readonly iteration: number;
  /** Largest relative difference allowed on another version, engine build or CPU. */
  readonly tolerance: number;
  /** Where a trainer listens that is like the run's, where that was another process. */
  readonly trainer?: string;
}

/** Recomputes one update of a run, also while it is at work, and says whether it is what the run recorded. */
export async function replayRun(request: ReplayRequest, session: Session): Promise<CommandResult> {
  const { workspace, tolerance } = request;
  const { clock } = session;
  return withLedgerCopy(workspace, clock, async (ledger, scratch) => {
    const run = await findRun(ledger, request, session);
    const trainer = await openReplayTrainer(run, request.trainer);
    try {
      const { fingerprint } = await trainer.capabilities();
      const changed = changedSince(run, fingerprint);
      const replay = await replayOn(trainer, { request, run, ledger, scratch }, session);
      const allowance = { isSameFingerprint: changed.length === 0, tolerance };
      const verdict = replayVerdict(replay, allowance);
      const json = { run: run.id, verdict, ...allowance, changed, ...replay };
      const text = replayText({ run: run.id, verdict, changed, tolerance, replay });
      return { json, text, exitCode: verdict === 'different' ? 1 : 0 };
    } finally {
      await trainer.close();
    }
  });
}

interface StoredRun {
  readonly request: ReplayRequest;
  readonly run: Run;
  readonly ledger: Ledger;
  readonly scratch: string;
}

async function replayOn(
  trainer: Trainer,
  { request, run, ledger, scratch }: StoredRun,
  session: Session,
): Promise<IterationReplay> {
  const { workspace, iteration } = request;
  const showProgress = stoppableProgress(session);
  const artifacts = await SegmentArtifacts.open({ folder: join(workspace, 'segments') });
  try {
    return await replayIteration({
      trainer,
      session: { run: run.id, epoch: 1 },
      history: await storedHistory(workspace, run, { ledger, artifacts }),
      iteration,
      scratch,
      signal: session.signal,
      onUpdate: (done, all) => showProgress({ stage: 'replay', done, all, unit: 'iterations' }),
    });
  } finally {
    await artifacts.close();
  }
}

async function findRun(ledger: Ledger, { workspace, run }: ReplayRequest, { clock }: Session): Promise<Run> {
  const id = await resolveRun(new OfflineRunControl(ledger, { workspace, clock }), run);
  const found = await ledger.getRun(id);
  if (found === undefined) throw unknownRun(id);
  return found;
}

/** What computes here and did not compute there. */
function changedSince({ fingerprints }: Run, engineFingerprint: string): Difference[] {
  // Where another process trained, the engine had no part in an update.
  const isElsewhere = 'trainer' in fingerprints;
  const now: Fingerprints = isElsewhere
    ? { majlis: majlisVersion(), trainer: engineFingerprint }
    : computingFingerprints(engineFingerprint);
  const names = isElsewhere ? ['majlis', 'trainer'] : ['majlis', 'engine', 'cpu'];
  const then = Object.fromEntries(
    names.flatMap((name) => (name in fingerprints ? [[name, fingerprints[name]]] : [])),
  );
  return differences(then, now);
}
