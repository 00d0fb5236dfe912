import type { PolicyAnnouncement } from '../../../../../core/domain/worker.js';
import { MajlisError } from '../../../../../core/errors.js';
import { AnnouncedPolicies } from '../../../../../workers/rollout/session/announced-policies.js';
import { FakeClock } from '../../../../support/fake-clock.js';

function announcement(version: number, oldestVersion = 0): PolicyAnnouncement {
  return { run: 'r', policy: { version, hash: `p${version}`, location: 'd' }, oldestVersion };
}

describe('AnnouncedPolicies', () => {
  it('lets a task wait for the news of its policy, and gives it back when there is none', async () => {
    const clock = new FakeClock();
    const policies = new AnnouncedPolicies({
      store: { directoryOf: async ({ policy }) => policy },
      clock,
      waitMs: 1000,
    });
    const found = policies.locate('p1');
    const lost = policies.locate('p9').catch((thrown: unknown) => thrown);
    policies.learn(announcement(0));
    await clock.advance(500);
    policies.learn(announcement(1, 1));
    expect(await found).toMatchObject({ version: 1, location: 'd' });
    await clock.advance(500);
    expect(await lost).toMatchObject({ code: 'unavailable', message: 'nobody announced policy p9 here' });
    expect(policies.oldestAdmissible('r')).toBe(1);
    expect(policies.oldestAdmissible('another run')).toBe(0);
    expect(clock.sleeping).toBe(0);
  });

  it('never blames the task for a policy that cannot be had here', async () => {
    const store = {
      directoryOf: async () => {
        throw new MajlisError('the weights are others', { code: 'data_loss' });
      },
    };
    const policies = new AnnouncedPolicies({ store, clock: new FakeClock() });
    policies.learn(announcement(0));
    await expect(policies.locate('p0')).rejects.toMatchObject({
      code: 'unavailable',
      isRetryable: true,
      message: 'the weights are others',
    });
  });

  it('stops waiting when its caller does', async () => {
    const clock = new FakeClock();
    const policies = new AnnouncedPolicies({ store: { directoryOf: async ({ policy }) => policy }, clock });
    const stop = new AbortController();
    const waiting = policies.locate('p0', stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(clock.sleeping).toBe(0);
  });
});
