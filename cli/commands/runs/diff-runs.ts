import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentArtifacts } from '../../../core/artifacts/segment-artifacts.js';
import type { ArtifactStore } from '../../../core/artifacts/artifact-store.js';
import type { RunDescription } from '../../../coordinator/control/run-control.js';
import { resolveRun } from '../../control/resolve-run.js';
import { withControl, type ControlPlace } from '../../control/with-control.js';
import type { CommandResult } from '../session.js';
import { compareRuns } from './diff/compare-runs.js';
import { diffText } from './diff/diff-text.js';
import { firstDivergence } from './diff/first-divergence.js';

export interface RunsDiffRequest extends ControlPlace {
  readonly before: string;
  readonly after: string;
  /** Whether a difference is exit status 1. */
  readonly exitCode: boolean;
}

/** What differs between two runs of the workspace, also while one is at work. */
export async function diffRuns(request: RunsDiffRequest): Promise<CommandResult> {
  const [before, after] = await bothRuns(request);
  const comparison = compareRuns(before, after);
  const divergence = await withPayloads(request.workspace, (artifacts) =>
    firstDivergence(before, after, artifacts),
  );
  const isSame =
    Object.values(comparison).every((found: readonly unknown[]) => found.length === 0) &&
    divergence.update === undefined &&
    divergence.policy === undefined;
  const json = { before: before.run.id, after: after.run.id, isSame, ...comparison, divergence };
  const text = diffText({ before: before.run, after: after.run, comparison, divergence });
  return { json, text, exitCode: request.exitCode && !isSame ? 1 : 0 };
}

function bothRuns(request: RunsDiffRequest): Promise<[RunDescription, RunDescription]> {
  return withControl(request, async (control) => {
    const before = await resolveRun(control, request.before);
    const after = await resolveRun(control, request.after);
    return [await control.describeRun(before), await control.describeRun(after)];
  });
}

async function withPayloads<Value>(
  workspace: string,
  work: (artifacts: ArtifactStore | undefined) => Promise<Value>,
): Promise<Value> {
  const folder = join(workspace, 'segments');
  if (!existsSync(folder)) return work(undefined);
  const artifacts = await SegmentArtifacts.open({ folder });
  try {
    return await work(artifacts);
  } finally {
    await artifacts.close();
  }
}
