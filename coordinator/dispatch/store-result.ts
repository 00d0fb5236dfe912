import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { Ledger } from '../../core/ledger/ledger.js';

export interface ResultToStore {
  readonly run: string;
  readonly taskId: string;
  readonly iteration: number;
  /** The payload as it came. */
  readonly data: Uint8Array;
}

/** Stores a payload, then has the ledger accept it. */
export async function storeResult(
  { artifacts, ledger }: { readonly artifacts: ArtifactStore; readonly ledger: Ledger },
  { run, taskId, iteration, data }: ResultToStore,
): Promise<{ readonly verdict: Awaited<ReturnType<Ledger['acceptResult']>>; readonly payloadHash: string }> {
  const payloadHash = await artifacts.put(data);
  return { verdict: await ledger.acceptResult(run, { taskId, iteration, payloadHash }), payloadHash };
}
