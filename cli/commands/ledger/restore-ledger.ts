import { BadInputError } from '../../../core/errors.js';
import { restoreLedger } from '../../../core/ledger/snapshot/restore-ledger.js';
import { ledgerFile } from '../open-ledger.js';
import type { CommandResult } from '../session.js';

export interface RestoreRequest {
  readonly workspace: string;
  /** The backup. */
  readonly file: string;
  readonly newLineage: boolean;
}

/** Puts a backup in the place of the workspace's ledger; what was there lies beside it afterwards. */
export async function restore({ workspace, file, newLineage }: RestoreRequest): Promise<CommandResult> {
  if (!newLineage) {
    throw new BadInputError({
      source: 'ledger restore',
      found: 'no --new-lineage',
      allowed:
        '--new-lineage: a restored ledger goes on from an earlier state, so its runs need epochs of their own',
    });
  }
  const target = ledgerFile(workspace);
  const { lineage, movedTo } = await restoreLedger(file, target);
  const before = movedTo === undefined ? '' : ` What was there lies in ${movedTo}.`;
  return {
    json: { file: target, lineage, ...(movedTo === undefined ? {} : { movedTo }) },
    text: `${target} is restored from ${file} as lineage ${lineage}.${before}`,
  };
}
