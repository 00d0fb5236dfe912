import { join } from 'node:path';
import { z } from 'zod';
import { MajlisError } from '../../../../core/errors.js';
import { commitTogether } from '../../../../core/database/commit-together.js';
import { ExclusiveDatabase } from '../../../../core/database/exclusive-database.js';
import { LEDGER } from '../../../../core/ledger/ledger-schema.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('operations that commit together', () => {
  const folder = useTemporaryFolder();
  let database: ExclusiveDatabase;

  beforeEach(() => {
    database = ExclusiveDatabase.open(join(folder(), 'ledger.db'), { kind: LEDGER });
    database.execute('CREATE TABLE numbers (n INTEGER PRIMARY KEY, text TEXT) STRICT');
  });

  afterEach(() => {
    database.close();
  });

  const insert = (n: number, text = '') => database.change('INSERT INTO numbers VALUES (?, ?)', n, text);
  const numbers = () =>
    database.select(z.object({ n: z.number() }), 'SELECT n FROM numbers ORDER BY n').map(({ n }) => n);

  it('all give their values', () => {
    expect(commitTogether<unknown>(database, [() => insert(1), () => insert(2), numbers])).toEqual([
      { value: 1 },
      { value: 1 },
      { value: [1, 2] },
    ]);
  });

  it('are undone alone when one of them throws', () => {
    const refusal = new MajlisError('no', { code: 'not_found' });
    const outcomes = commitTogether(database, [
      () => insert(1),
      () => {
        insert(2);
        throw refusal;
      },
      () => insert(3),
    ]);
    expect(outcomes).toEqual([{ value: 1 }, { error: refusal }, { value: 1 }]);
    expect(numbers()).toEqual([1, 3]);
  });

  it('are undone alone when one of them breaks a constraint', () => {
    const outcomes = commitTogether(database, [() => insert(1), () => insert(1), () => insert(2)]);
    expect(outcomes[1]).toMatchObject({ error: { code: 'internal' } });
    expect(numbers()).toEqual([1, 2]);
  });

  it('are none of them stored when the file cannot grow, and the next group is', () => {
    insert(0);
    const [pages] = database.select(z.object({ page_count: z.number() }), 'PRAGMA page_count');
    database.select(z.unknown(), `PRAGMA max_page_count = ${pages?.page_count ?? 0}`);
    const outcomes = commitTogether(database, [() => insert(1), () => insert(2, 'x'.repeat(100_000))]);
    expect(outcomes[1]).toMatchObject({
      error: { code: 'resource_exhausted', message: expect.stringContaining('the disk is full') },
    });
    const stored = numbers();
    expect(stored.includes(1)).toBe('value' in (outcomes[0] ?? {}));
    expect(stored).not.toContain(2);
    expect(commitTogether(database, [() => insert(3)])).toEqual([{ value: 1 }]);
    expect(numbers()).toContain(3);
  });
});
