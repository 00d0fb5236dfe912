import { FLEET_FAULT_KINDS } from './fleet-faults.js';
import { fleetSchedule, type FleetSchedule } from './fleet-schedule.js';

const schedules = (from: number, count: number): FleetSchedule[] =>
  Array.from({ length: count }, (_, at) => fleetSchedule(from + at));

describe('a schedule of faults in a fleet', () => {
  it('is a function of its seed', () => {
    expect(schedules(1, 50)).toEqual(schedules(1, 50));
    expect(new Set(schedules(1, 50).map((schedule) => JSON.stringify({ ...schedule, seed: 0 }))).size).toBe(
      50,
    );
  });

  it('has every kind of fault among three in a row from the first', () => {
    const kinds = schedules(1, 3).flatMap(({ strikes, mischief }) =>
      [...strikes, ...mischief].map(({ kind }) => kind),
    );
    expect([...new Set(kinds)].sort()).toEqual([...FLEET_FAULT_KINDS].sort());
  });

  it('strikes several times', () => {
    for (const { strikes } of schedules(1, 200)) expect(strikes.length).toBeGreaterThanOrEqual(3);
  });
});
