import { workerName } from '../../../../coordinator/fleet/worker-name.js';

describe('the name of a worker', () => {
  it.each([
    ['host-7', 'pool-gpu/host-7'],
    ['pool-gpu/host-7', 'pool-gpu/host-7'],
    ['pool-gpu', 'pool-gpu'],
    ['pool-cpu/host-7', 'pool-gpu/pool-cpu/host-7'],
    ['pool-gpu-2', 'pool-gpu/pool-gpu-2'],
  ])('stands under that of its token: %s', (claimed, name) => {
    expect(workerName({ name: 'pool-gpu', role: 'worker' }, claimed)).toBe(name);
  });

  it('is its own where nobody is asked, and where an admin says it', () => {
    expect(workerName(undefined, 'host-7')).toBe('host-7');
    expect(workerName({ name: 'amina', role: 'admin' }, 'host-7')).toBe('host-7');
  });
});
