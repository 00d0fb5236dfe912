import { verifyLedger } from '../../../core/ledger/verify/verify-ledger.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult } from '../session.js';
import { existingLedger } from './existing-ledger.js';

/** Checks a ledger and what it names; exit status 1 where a check fails. */
export async function verify({
  workspace,
  file,
}: {
  readonly workspace: string;
  readonly file: string | undefined;
}): Promise<CommandResult> {
  const ledger = file ?? existingLedger(workspace);
  const checks = await verifyLedger(ledger);
  const passed = checks.every(({ status }) => status !== 'failed');
  const table = formatTable(
    ['check', 'status', 'found'],
    checks.map(({ name, status, found }) => [name, status, found]),
  );
  return {
    json: { file: ledger, passed, checks },
    text: `${table}\n\n${ledger} ${passed ? 'is whole' : 'is NOT whole'}`,
    exitCode: passed ? 0 : 1,
  };
}
