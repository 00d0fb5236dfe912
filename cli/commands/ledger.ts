import type { Command } from 'commander';
import { parseArtifactsPlace, type ArtifactsPlace } from '../../core/config/artifacts-place.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

const DEFAULT_KEPT_ITERATIONS = 10;
const DEFAULT_GRACE_HOURS = 24;

interface CollectFlags {
  readonly keepIterations: number;
  readonly artifacts?: ArtifactsPlace;
  readonly graceHours: number;
  readonly dryRun?: boolean;
}

/** `majlis ledger backup | verify | gc | restore | query`. */
export function addLedgerCommand(program: Command, session: Session): void {
  const ledger = program.command('ledger').description('the durable record of the runs of a workspace');
  addCopies(ledger, session);
  addCollection(ledger, session);
  addQuery(ledger, session);
}

function addCopies(ledger: Command, session: Session): void {
  ledger
    .command('backup')
    .description('write the ledger as it is now into one file; a run may be at work')
    .argument('[file]', 'a new file; in the folder backups of the workspace unless told')
    .action((file: string | undefined, _options: object, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./ledger/back-up-ledger.js')).backUp({ workspace, file }, session.clock),
      ),
    );
  ledger
    .command('verify')
    .description('check a ledger and the files it names; exit status 1 where a check fails')
    .argument('[file]', "a backup, or a copy with its log beside it; the workspace's unless told")
    .action((file: string | undefined, _options: object, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./ledger/verify-ledger.js')).verify({ workspace, file }),
      ),
    );
  ledger
    .command('restore')
    .description('put a backup in the place of the ledger, as a new lineage')
    .argument('<file>', 'the backup')
    .option('--new-lineage', 'begin a new lineage, so that what the old one still sends is fenced')
    .action((file: string, { newLineage }: { newLineage?: boolean }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./ledger/restore-ledger.js')).restore({
          workspace,
          file,
          newLineage: newLineage === true,
        }),
      ),
    );
}

function addCollection(ledger: Command, session: Session): void {
  ledger
    .command('gc')
    .description('remove the payloads that no kept iteration refers to; no run may be at work')
    .option(
      '--keep-iterations <n>',
      'newest iterations of each ended run that keep their payloads',
      wholeNumber('--keep-iterations', 0, 1_000_000),
      DEFAULT_KEPT_ITERATIONS,
    )
    .option(
      '--artifacts <place>',
      'collect this store too, a folder or s3://BUCKET/PREFIX: policies and large messages that nothing names any more',
      (text: string) => parseArtifactsPlace(text, '--artifacts'),
    )
    .option(
      '--grace-hours <n>',
      'artifacts that were put so recently stay, since an upload may be under way',
      wholeNumber('--grace-hours', 0, 1_000_000),
      DEFAULT_GRACE_HOURS,
    )
    .option('--dry-run', 'tell what would be removed, and remove nothing')
    .action((options: CollectFlags, command: Command) =>
      perform(session, command, async ({ workspace }) => {
        const { collectPayloads } = await import('./ledger/collect-payloads.js');
        const { dryRun = false, ...rest } = options;
        return collectPayloads({ ...rest, workspace, dryRun }, session.clock);
      }),
    );
}

function addQuery(ledger: Command, session: Session): void {
  ledger
    .command('query')
    .description('answer one SELECT over the views of docs/ledger.md; a run may be at work')
    .argument('<sql>', 'for example: SELECT run, state FROM v_runs')
    .option('--csv', 'print comma-separated values')
    .action((sql: string, options: { csv?: boolean }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./ledger/query-ledger.js')).query({ workspace, sql, csv: options.csv === true }),
      ),
    );
}
