/**
 * A fleet that is struck loses nothing and learns the same policy, and the rehearsal that says so finds what breaks it. The
 * same as `npm run test:chaos`, in ten schedules; it starts compiled programs and a NATS server.
 */
import { describeWithNats } from '../../support/nats-server.js';
import type { FleetBug } from './fleet-bugs.js';
import type { FleetViolation } from './fleet-checks.js';
import { FLEET_FAULT_KINDS } from './fleet-faults.js';
import type { Strike } from './fleet-schedule.js';
import { CALM, rehearseFleet } from './rehearse-fleet.js';
import { rehearseFleets, type FleetReport } from './rehearse-fleets.js';

const SCHEDULES = 10;
const PATIENCE_MS = 300_000;

describeWithNats('2.14', 'a fleet that is struck', () => {
  let report: FleetReport;

  beforeAll(async () => {
    report = await rehearseFleets({ seed: 1, schedules: SCHEDULES, parallel: 3 });
  }, PATIENCE_MS);

  it('keeps every promise and ends in the policy of the calm run', () => {
    const broken = [report.calm, ...report.results].filter(({ violations }) => violations.length > 0);
    expect(broken.map(({ seed, violations }) => ({ seed, violations }))).toEqual([]);
    expect(report.results.map(({ policyHash }) => policyHash)).toEqual(
      Array.from({ length: SCHEDULES }, () => report.calm.policyHash),
    );
  });

  it('was struck by every kind of fault', () => {
    expect([...report.strikes.keys()].sort()).toEqual([...FLEET_FAULT_KINDS].sort());
  });
});

describeWithNats('2.14', 'the rehearsal of a fleet', () => {
  let found: Readonly<Record<FleetBug, readonly FleetViolation[]>>;

  /** A fleet with a bug, and what brings it to light. */
  async function rehearseWith(
    bug: FleetBug,
    ...strikes: readonly Strike[]
  ): Promise<readonly FleetViolation[]> {
    const { violations, struck } = await rehearseFleet({ ...CALM, strikes }, { bug });
    expect(struck).toEqual(strikes.map(({ kind }) => kind));
    return violations;
  }

  beforeAll(async () => {
    const [ack, dedupe, reissue] = await Promise.all([
      rehearseWith('ack-before-stored', { kind: 'worker-killed', after: { what: 'acked', count: 3 } }),
      rehearseWith('dedupe-by-worker'),
      rehearseWith('reissue-under-same-id', { kind: 'messages-lost', after: { what: 'issued', count: 1 } }),
    ]);
    found = { 'ack-before-stored': ack, 'dedupe-by-worker': dedupe, 'reissue-under-same-id': reissue };
  }, PATIENCE_MS);

  it('finds a task that is acknowledged before its result is stored', () => {
    const violations = found['ack-before-stored'];
    expect(violations.length).toBeGreaterThan(0);
    for (const violation of violations) {
      expect(violation).toEqual({
        promise: 'acknowledged',
        found: expect.stringMatching(/^task [0-9a-f]{64} was acknowledged, and its result was lost$/),
      });
    }
  });

  it('finds results that are told apart by their worker', () => {
    const [first, ...others] = found['dedupe-by-worker'];
    expect(first).toEqual({
      promise: 'named',
      found: expect.stringMatching(/^worker-\d published results of tasks [0-9a-f]{64} and [0-9a-f]{64} as /),
    });
    expect(others.map(({ promise }) => promise)).toContain('ends');
  });

  it('finds tasks that are issued again under the id that they had', () => {
    const [first, ...others] = found['reissue-under-same-id'];
    expect(first).toEqual({
      promise: 'leased-again',
      found: expect.stringMatching(/^task [0-9a-f]{64} was issued again, and nobody was given it$/),
    });
    expect(others.map(({ promise }) => promise)).toContain('ends');
  });
});
