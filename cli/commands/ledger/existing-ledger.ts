import { existsSync } from 'node:fs';
import { MajlisError } from '../../../core/errors.js';
import { ledgerFile } from '../open-ledger.js';

/** The ledger file of a workspace; one that has none yet is `not_found` with the next step. */
export function existingLedger(workspace: string): string {
  const file = ledgerFile(workspace);
  if (existsSync(file)) return file;
  throw new MajlisError(
    `workspace ${workspace} has no ledger yet; a run makes it, or --workspace names another`,
    {
      code: 'not_found',
    },
  );
}
