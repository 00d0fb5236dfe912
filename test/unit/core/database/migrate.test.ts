import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ExclusiveDatabase } from '../../../../core/database/exclusive-database.js';
import { LEDGER } from '../../../../core/ledger/ledger-schema.js';
import { migrate } from '../../../../core/database/migrate.js';
import { MIGRATIONS } from '../../../../core/ledger/migrations.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const first = { version: 1, name: 'words', sql: 'CREATE TABLE words (word TEXT)' };
const second = { version: 2, name: 'lengths', sql: 'ALTER TABLE words ADD COLUMN length INTEGER' };
const failing = {
  version: 2,
  name: 'half',
  sql: 'ALTER TABLE words ADD COLUMN length INTEGER; INSERT INTO nowhere VALUES (1)',
};

describe('a migration', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'ledger.db');
  const opened: ExclusiveDatabase[] = [];

  function open(file = path()): ExclusiveDatabase {
    const database = ExclusiveDatabase.open(file, { kind: LEDGER });
    opened.push(database);
    return database;
  }

  afterEach(() => {
    for (const database of opened.splice(0)) database.close();
  });

  const columns = (database: ExclusiveDatabase) =>
    database
      .select(z.object({ name: z.string() }), "SELECT name FROM pragma_table_info('words')")
      .map((c) => c.name);

  it('applies the missing steps in order and none twice', () => {
    const database = open();
    migrate(database, [first]);
    migrate(database, [first, second]);
    migrate(database, [first, second]);
    expect(columns(database)).toEqual(['word', 'length']);
  });

  it('keeps a whole copy of the old state beside the file', () => {
    const database = open();
    migrate(database, [first]);
    database.change('INSERT INTO words VALUES (?)', 'مجلس');
    migrate(database, [first, second]);
    const backup = open(`${path()}.schema-1.backup`);
    expect(columns(backup)).toEqual(['word']);
    expect(backup.select(z.object({ word: z.string() }), 'SELECT word FROM words')).toEqual([
      { word: 'مجلس' },
    ]);
  });

  it('makes no copy of a new file or of one that is up to date', () => {
    const database = open();
    migrate(database, [first]);
    migrate(database, [first]);
    expect(existsSync(`${path()}.schema-1.backup`)).toBe(false);
  });

  it('that fails in the middle changes nothing, and can be tried again', () => {
    const database = open();
    migrate(database, [first]);
    expect(() => {
      migrate(database, [first, failing]);
    }).toThrow();
    expect(columns(database)).toEqual(['word']);
    migrate(database, [first, second]);
    expect(columns(database)).toEqual(['word', 'length']);
  });

  it('refuses a schema that is newer than itself', () => {
    const database = open();
    migrate(database, [first, second]);
    expect(() => {
      migrate(database, [first]);
    }).toThrow(/has schema 2, and this Majlis knows schemas up to 1/);
  });

  it('has released steps that are numbered from 1 without gaps', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });
});
