import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import { AuditLog } from '../../core/trust/audit-log.js';
import { ledgerFile } from '../commands/open-ledger.js';
import { auditFile, AuditedRunControl } from './audited-run-control.js';
import { isProcessThere, readCoordinatorFile } from './coordinator-file.js';
import { GrpcRunControl } from './grpc-run-control.js';
import { OfflineRunControl } from './offline-run-control.js';
import { openUnlessHeld } from './open-unless-held.js';
import type { RunControlClient } from './run-control-client.js';
import { tryPatiently } from './try-patiently.js';

/** How long a ledger may be held by something that does not answer: another command, or a run that begins. */
const PATIENCE_MS = 5000;

/**
 * Run control of a workspace: of the process that owns its ledger or, where none does, over the ledger file. No ledger is a
 * BadInputError; a ledger that a process holds without answering is `failed_precondition`.
 */
export async function connectControl(workspace: string, clock: Clock): Promise<RunControlClient> {
  const control = await tryPatiently(() => connectNow(workspace, clock), { patienceMs: PATIENCE_MS, clock });
  if (control === undefined) throw await heldInSilence(workspace);
  return control;
}

async function connectNow(workspace: string, clock: Clock): Promise<RunControlClient | undefined> {
  const connected = await connectToProcess(workspace, clock);
  if (connected !== undefined) return connected;
  const ledger = await openUnlessHeld(workspace, clock);
  if (ledger === undefined) return undefined;
  const log = new AuditLog(auditFile(workspace), clock);
  return new AuditedRunControl(new OfflineRunControl(ledger, { workspace, clock }), log);
}

/** The process that owns the ledger; undefined where none serves, also where one was killed and left its file. */
export async function connectToProcess(
  workspace: string,
  clock: Clock,
): Promise<RunControlClient | undefined> {
  const address = await readCoordinatorFile(workspace);
  if (address === undefined || !isProcessThere(address.pid)) return undefined;
  const client = new GrpcRunControl(address, clock);
  try {
    await client.greet();
    return client;
  } catch (thrown) {
    await client.close();
    if (thrown instanceof MajlisError && isSomebodyElse(thrown)) return undefined;
    throw thrown;
  }
}

/** Nobody listens there any more, or somebody who never wrote this file. */
function isSomebodyElse({ code }: MajlisError): boolean {
  return ['unavailable', 'deadline_exceeded', 'unauthenticated', 'unimplemented'].includes(code);
}

async function heldInSilence(workspace: string): Promise<MajlisError> {
  const address = await readCoordinatorFile(workspace);
  const who =
    address === undefined || !isProcessThere(address.pid)
      ? 'a process that serves no run control'
      : `process ${address.pid}, which does not answer at ${address.address},`;
  return new MajlisError(`${who} holds ${ledgerFile(workspace)}; ask again, or stop that process`, {
    code: 'failed_precondition',
  });
}
