import { join } from 'node:path';
import type { ArtifactsPlace } from '../../../core/config/artifacts-place.js';
import { releasePayloads } from '../../../core/ledger/retention/release-payloads.js';
import type { ReleasedPayloads } from '../../../core/ledger/retention/release-payloads.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { openArtifacts } from '../../fleet/open-artifacts.js';
import type { CommandResult } from '../session.js';
import { existingLedger } from './existing-ledger.js';

export interface CollectRequest {
  readonly workspace: string;
  /** Newest iterations of each ended run that keep their payloads. */
  readonly keepIterations: number;
  readonly dryRun: boolean;
  /** A store of policies and large messages that is collected too. */
  readonly artifacts?: ArtifactsPlace;
  /** How old an artifact is at least that goes. */
  readonly graceHours: number;
}

const HOUR_MS = 3_600_000;

/** Removes payloads by the workspace's retention, and artifacts that nothing names, and says what that freed. */
export async function collectPayloads(request: CollectRequest, clock: Clock): Promise<CommandResult> {
  const { workspace, keepIterations, dryRun, artifacts: place } = request;
  const ledger = existingLedger(workspace);
  const retention = { segments: join(workspace, 'segments'), keepIterations, dryRun };
  const opened = place === undefined ? undefined : await openArtifacts(place, clock);
  try {
    const changedBeforeMs = clock.now() - request.graceHours * HOUR_MS;
    const artifacts = opened === undefined ? {} : { artifacts: { store: opened.store, changedBeforeMs } };
    return resultOf(await releasePayloads(ledger, { ...retention, ...artifacts }), dryRun);
  } finally {
    opened?.close();
  }
}

function resultOf(freed: ReleasedPayloads, dryRun: boolean): CommandResult {
  const { iterations, payloads, bytes, files, damaged, artifacts } = freed;
  const released = [...iterations].map(([run, count]) => `${run}: ${count} iterations released`);
  const left = [...damaged, ...(artifacts?.damaged ?? []).map((key) => `artifact ${key}`)].map(
    (what) => `${what} is damaged and was left as it is`,
  );
  const verb = dryRun ? 'Would remove' : 'Removed';
  const sentences = [`${verb} ${payloads} payloads, ${bytes} bytes, from ${files} segments.`];
  if (artifacts !== undefined) {
    const { kept, young } = artifacts;
    const stay = `${kept} stay, ${young} of them too young to go`;
    sentences.push(`${verb} ${artifacts.artifacts} artifacts, ${artifacts.bytes} bytes; ${stay}.`);
  }
  return {
    json: {
      ...{ dryRun, payloads, bytes, files, released: Object.fromEntries(iterations), damaged },
      ...(artifacts === undefined ? {} : { artifacts }),
    },
    text: [...released, ...left, ...sentences].join('\n'),
  };
}
