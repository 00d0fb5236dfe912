import { PutQuota } from '../../../../core/artifacts/http/put-quota.js';
import { FakeClock } from '../../../support/fake-clock.js';

const worker = (name: string) => ({ name, role: 'worker' }) as const;

describe('what workers may put', () => {
  it('is so much at once, of each, and comes back evenly within an hour', async () => {
    const clock = new FakeClock();
    const quota = new PutQuota(3600, clock);
    quota.take(worker('a'), 3600);
    quota.take(worker('b'), 3000);
    expect(() => quota.take(worker('a'), 10)).toThrow(
      'a may put 3600 bytes an hour, and 10 are more than is left; it is in 10 s',
    );
    await clock.advance(10_000);
    quota.take(worker('a'), 10);
    expect(() => quota.take(worker('a'), 1)).toThrow('more than is left');
    await clock.advance(7_200_000);
    quota.take(worker('a'), 3600);
    expect(() => quota.take(worker('a'), 1)).toThrow('more than is left');
  });

  it('is not limited for whoever is more than a worker', () => {
    const quota = new PutQuota(1, new FakeClock());
    expect(() => quota.take({ name: 'amina', role: 'admin' }, 1000)).not.toThrow();
  });
});
