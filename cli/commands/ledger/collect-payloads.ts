import { join } from 'node:path';
import { releasePayloads } from '../../../core/ledger/retention/release-payloads.js';
import type { CommandResult } from '../session.js';
import { existingLedger } from './existing-ledger.js';

export interface CollectRequest {
  readonly workspace: string;
  /** Newest iterations of each ended run that keep their payloads. */
  readonly keepIterations: number;
  readonly dryRun: boolean;
}

/** Removes payloads by the workspace's retention, and says what that freed. */
export async function collectPayloads(request: CollectRequest): Promise<CommandResult> {
  const { workspace, keepIterations, dryRun } = request;
  const segments = join(workspace, 'segments');
  const retention = { segments, keepIterations, dryRun };
  const { iterations, payloads, bytes, files, damaged } = await releasePayloads(
    existingLedger(workspace),
    retention,
  );
  const released = [...iterations].map(([run, count]) => `${run}: ${count} iterations released`);
  const left = damaged.map((path) => `${path} is damaged and was left as it is`);
  const summary = `${dryRun ? 'Would remove' : 'Removed'} ${payloads} payloads, ${bytes} bytes, from ${files} segments.`;
  return {
    json: { dryRun, payloads, bytes, files, released: Object.fromEntries(iterations), damaged },
    text: [...released, ...left, summary].join('\n'),
  };
}
