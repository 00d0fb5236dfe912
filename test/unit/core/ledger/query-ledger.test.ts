import { readFileSync } from 'node:fs';
import { queryLedger } from '../../../../core/ledger/snapshot/query-ledger.js';
import { populateWorkspace } from '../../../support/populated-ledger.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('a query of the ledger', () => {
  const folder = useTemporaryFolder();
  let file = '';

  beforeEach(async () => {
    ({ file } = await populateWorkspace(folder()));
  });

  it.each([
    [
      'SELECT run, state, reason, created_at, iterations, policy_version FROM v_runs ORDER BY run',
      [
        ['run-done', 'completed', null, '2026-01-01T00:00:00.000Z', 3, 3],
        ['run-failed', 'failed', 'the reward plane is on fire', '2026-01-01T00:00:00.000Z', 1, 1],
      ],
    ],
    [
      "SELECT iteration, metric, value FROM v_metrics WHERE run = 'run-done' AND metric <> 'policy/entropy'",
      [
        [0, 'objective/kl', 0],
        [1, 'objective/kl', 0.25],
        [2, 'objective/kl', 0.5],
      ],
    ],
    [
      'WITH ended AS (SELECT state FROM v_tasks) SELECT state, count(*) FROM ended GROUP BY state ORDER BY state;',
      [
        ['accepted', 2],
        ['consumed', 8],
        ['outstanding', 1],
      ],
    ],
    ['-- two of them\n/* now */ select count(*) from v_tasks where payload_hash is null -- one', [[1]]],
    ['SELECT sequence, pair, locale, prompt_text FROM v_preferences', [[1, 'pair-1', 'ar-EG', 'إزيك؟']]],
    [
      "SELECT sequence, kind, asked_for, effective_at FROM v_control_events WHERE run = 'run-done'",
      [
        [1, 'swap_rubric', 9, null],
        [2, 'swap_rubric', null, 1],
      ],
    ],
    [
      "SELECT iteration, policy_version, rubric_hash, forgotten FROM v_checkpoints WHERE run = 'run-done'",
      [
        [1, 1, 'rubric-a', 1],
        [2, 2, 'rubric-b', 0],
        [3, 3, 'rubric-b', 0],
      ],
    ],
    [
      "SELECT kind, count(*) AS n FROM v_events WHERE run = 'run-done' GROUP BY kind ORDER BY kind",
      [
        ['control_requested', 2],
        ['control_took_effect', 1],
        ['epoch_began', 1],
        ['iteration_finished', 3],
        ['state_changed', 3],
      ],
    ],
    ['SELECT 1 AS a, 2 AS a', [[1, 2]]],
    [
      "VALUES ('x', 1.5), (NULL, 2)",
      [
        ['x', 1.5],
        [null, 2],
      ],
    ],
    ["SELECT x'00ff'", [['00ff']]],
    ['SELECT run FROM v_runs WHERE 0', []],
  ])('answers %s', async (sql, rows) => {
    expect((await queryLedger(file, sql)).rows).toEqual(rows);
  });

  it('names its columns', async () => {
    expect((await queryLedger(file, 'SELECT run, count(*) AS n FROM v_tasks')).columns).toEqual(['run', 'n']);
  });

  it.each([
    ['DELETE FROM runs', 'not a query'],
    ["INSERT INTO ledger_facts VALUES ('a', 'b') RETURNING name", 'not a query'],
    ['WITH x AS (SELECT 1) DELETE FROM runs RETURNING id', 'not a single query'],
    ['PRAGMA query_only = OFF', 'not a query'],
    ["ATTACH '/etc/passwd' AS other", 'not a query'],
    ['SELECT 1; DELETE FROM runs', 'not a single query'],
    ['SELECT 1) UNION SELECT (2', 'syntax error'],
    ['SELEC run FROM v_runs', 'not a query'],
    ['SELECT run FROM v_runs WHERE', 'incomplete input'],
    ['SELECT weather FROM v_runs', 'no such column: weather'],
    ["SELECT json('{') FROM v_runs", 'malformed JSON'],
    ['SELECT * FROM nowhere', 'no such table: nowhere'],
    ['', 'not a query'],
    ["SELECT load_extension('/tmp/x.so')", 'not authorized'],
  ])('refuses %s as bad input, and the ledger stays as it is', async (sql, reason) => {
    const before = readFileSync(file);
    await expect(queryLedger(file, sql)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(reason),
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
