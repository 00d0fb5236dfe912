import { z } from 'zod';
import { Command } from 'commander';
import { addLedgerCommand } from '../../../cli/commands/ledger.js';
import type { Session } from '../../../cli/commands/session.js';
import { ExclusiveDatabase } from '../../../core/database/exclusive-database.js';
import { LEDGER } from '../../../core/ledger/ledger-schema.js';
import { migrate } from '../../../core/database/migrate.js';
import { MIGRATIONS } from '../../../core/ledger/migrations.js';
import { namedRows, readPage } from './pages.js';

/** Every column of every view of the newest schema, as `view.column`. */
function viewColumns(): string[] {
  const database = ExclusiveDatabase.open(':memory:', { kind: LEDGER });
  migrate(database, MIGRATIONS);
  const query = `SELECT views.name || '.' || columns.name AS name
    FROM sqlite_schema AS views, pragma_table_info(views.name) AS columns WHERE views.type = 'view'`;
  const columns = database.select(z.object({ name: z.string() }), query).map(({ name }) => name);
  database.discard();
  return columns;
}

describe('docs/ledger.md', () => {
  it('defines every column of every view and no other', () => {
    const documented = namedRows('docs/ledger.md').flatMap(([name]) => (name.startsWith('v_') ? [name] : []));
    const columns = viewColumns();
    expect(columns.length).toBeGreaterThan(60);
    expect(documented.sort()).toEqual(columns.sort());
  });

  it('names every command with its options', () => {
    const program = new Command();
    addLedgerCommand(program, {} as Session);
    const page = readPage('docs/ledger.md');
    const [ledger] = program.commands;
    const missing = (ledger?.commands ?? []).flatMap((command) => {
      const row = page.split('\n').find((line) => line.includes(`majlis ledger ${command.name()}`)) ?? '';
      const flags = command.options.map(({ long }) => long ?? '');
      return flags.filter((flag) => !row.includes(flag)).map((flag) => `${command.name()} ${flag}`);
    });
    expect(ledger?.commands).toHaveLength(5);
    expect(missing).toEqual([]);
  });
});
