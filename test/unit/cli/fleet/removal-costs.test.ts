import { RemovalCosts } from '../../../../cli/fleet/removal-costs.js';
import { MajlisError } from '../../../../core/errors.js';
import { FakeClock } from '../../../support/fake-clock.js';

const LOOK_MS = 30_000;

describe('costs of removal', () => {
  let clock: FakeClock;
  let costs: RemovalCosts;
  let now: Record<string, number>;
  let told: [string, number][];
  let failures: string[];
  let isRefused: boolean;

  beforeEach(async () => {
    clock = new FakeClock();
    now = { idle: 0, busy: 15 };
    told = [];
    failures = [];
    isRefused = false;
    costs = new RemovalCosts({
      clock,
      workers: () => Object.entries(now).map(([worker, removalCost]) => ({ worker, removalCost })),
      tell: async (worker, cost) => {
        if (isRefused) throw new MajlisError('no', { code: 'permission_denied' });
        told.push([worker, cost]);
      },
      onFailure: ({ message }) => failures.push(message),
    });
    await look(0);
  });
  afterEach(() => costs.close());

  async function look(milliseconds = LOOK_MS): Promise<void> {
    await clock.advance(milliseconds);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  }

  it('are told at first, and again when work begins, ends or has doubled', async () => {
    expect(told.splice(0)).toEqual([
      ['idle', 0],
      ['busy', 8],
    ]);
    now = { idle: 0, busy: 14 };
    await look();
    expect(told).toEqual([]);
    now = { idle: 11, busy: 31 };
    await look();
    expect(told.splice(0)).toEqual([
      ['idle', 8],
      ['busy', 16],
    ]);
    now = { busy: 0 };
    await look();
    expect(told).toEqual([['busy', 0]]);
  });

  it('are tried again where they could not be told, which is said once', async () => {
    isRefused = true;
    now = { idle: 12, busy: 15 };
    await look();
    await look();
    expect(failures).toEqual(['no']);
    isRefused = false;
    told.splice(0);
    await look();
    expect(told).toEqual([['idle', 8]]);
  });
});
