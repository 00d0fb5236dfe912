import { untilLost } from '../../../../cli/fleet/until-lost.js';
import { MajlisError } from '../../../../core/errors.js';
import { systemClock } from '../../../../core/runtime/clock.js';

const never = new AbortController().signal;
const forever = (signal: AbortSignal): Promise<void> => systemClock.sleep(60_000, signal);

describe('work that needs a pool', () => {
  it('stops when the pool is lost, and tells who has it', async () => {
    const lost = new AbortController();
    const working = untilLost({ lost: lost.signal }, never, forever);
    lost.abort(new MajlisError('process 8 has it', { code: 'failed_precondition' }));
    await expect(working).rejects.toMatchObject({
      message: 'process 8 has it',
      code: 'failed_precondition',
    });
  });

  it('fails and stops as it does by itself while the pool is held', async () => {
    const fleet = { lost: never };
    const failing = untilLost(fleet, never, () => Promise.reject(new Error('its own')));
    await expect(failing).rejects.toThrow('its own');
    const stopped = untilLost(fleet, AbortSignal.abort(), forever);
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(await untilLost(undefined, never, async (signal) => signal === never)).toBe(true);
  });
});
