import { statSync } from 'node:fs';
import type { Clock } from '../../core/runtime/clock.js';
import { ledgerFile } from '../commands/open-ledger.js';
import { connectToProcess } from './connect-control.js';
import { OfflineRunControl } from './offline-run-control.js';
import { openUnlessHeld } from './open-unless-held.js';
import type { RunControlClient } from './run-control-client.js';

/**
 * A way back to run control after a connection was lost: to the process that serves now or, where none does and the ledger
 * file has changed since it was last read here, to that file. Reading it holds it for some milliseconds, so a file that
 * stays as it is is left to whoever comes next.
 */
export function reconnectControl(
  workspace: string,
  clock: Clock,
): () => Promise<RunControlClient | undefined> {
  let readAtMs: number | undefined;
  return async () => {
    const connected = await connectToProcess(workspace, clock);
    if (connected !== undefined || changedAtMs(workspace) === readAtMs) return connected;
    const ledger = await openUnlessHeld(workspace, clock);
    if (ledger === undefined) return undefined;
    const onClosed = (): void => {
      readAtMs = changedAtMs(workspace);
    };
    return new OfflineRunControl(ledger, { workspace, clock, onClosed });
  };
}

function changedAtMs(workspace: string): number | undefined {
  return statSync(ledgerFile(workspace), { throwIfNoEntry: false })?.mtimeMs;
}
