/**
 * A run that is killed goes on to the same policy, and the rehearsal that says so finds what breaks it. The same as
 * `npm run test:crash`, in ten schedules; it starts compiled programs.
 */
import type { NamedKill } from './crash-schedule.js';
import { FAULT_KINDS } from './fault-kinds.js';
import { rehearseAll, type RehearsalReport } from './rehearse-all.js';
import { rehearse } from './rehearsal.js';
import type { PlantedBug } from './planted-bugs.js';
import type { Violation } from './violation.js';

const SCHEDULES = 10;
const PATIENCE_MS = 600_000;

let report: RehearsalReport;
let found: Readonly<Record<PlantedBug, readonly Violation[]>>;

/** One kill of a run whose coordinator has a bug. */
async function rehearseWith(
  bug: PlantedBug,
  kill: Pick<NamedKill, 'kind' | 'from'>,
): Promise<readonly Violation[]> {
  const schedule = { seed: 0, workers: 1, kills: [{ ...kill, occurrence: 1, delayMs: 0 }] };
  const { struck, violations } = await rehearse(schedule, report.reference, bug);
  expect(struck).toEqual([kill.kind]);
  return violations;
}

beforeAll(async () => {
  report = await rehearseAll({ seed: 1, schedules: SCHEDULES, parallel: 2 });
  const [ack, rng, epoch] = await Promise.all([
    rehearseWith('ack-before-commit', { kind: 'after-ack', from: 0 }),
    rehearseWith('lost-rng-state', { kind: 'after-ack', from: 3 }),
    rehearseWith('reused-epoch', { kind: 'before-announce', from: 0 }),
  ]);
  found = { 'ack-before-commit': ack, 'lost-rng-state': rng, 'reused-epoch': epoch };
}, PATIENCE_MS);

describe('a run that is killed again and again', () => {
  it('keeps every promise and ends in the policy of the uninterrupted run', () => {
    const broken = report.results.filter(({ violations }) => violations.length > 0);
    expect(broken.map(({ seed, violations }) => ({ seed, violations }))).toEqual([]);
    expect(report.results).toHaveLength(SCHEDULES);
  });

  it('was struck by every kind of fault', () => {
    expect([...report.strikes.keys()].sort()).toEqual(Object.keys(FAULT_KINDS).sort());
  });
});

describe('the rehearsal', () => {
  it('finds a result that is acknowledged before it is stored', () => {
    const [first, ...others] = found['ack-before-commit'];
    expect(first).toEqual({
      promise: 'acknowledged',
      found: expect.stringMatching(
        /^task [0-9a-f]{64} was acknowledged, and the ledger has no result for it$/,
      ),
    });
    expect(others.filter(({ promise }) => promise !== 'acknowledged')).toEqual([]);
  });

  it('finds a random stream that begins elsewhere when the run goes on', () => {
    const { policyHash } = report.reference;
    expect(found['lost-rng-state']).toEqual([
      {
        promise: 'policy',
        found: expect.stringMatching(new RegExp(`^it is [0-9a-f]{64}, not ${policyHash}$`)),
      },
    ]);
  });

  it('finds an epoch that is used twice', () => {
    const [first] = found['reused-epoch'];
    expect(first).toEqual({ promise: 'epochs', found: 'a start took the epoch from 1 to 1' });
  });
});
