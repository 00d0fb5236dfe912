import { lacksOf } from '../../../../../core/bus/nats/server-abilities.js';

describe('what a NATS server lacks', () => {
  it.each([
    ['2.9.10', 2],
    ['2.10.0', 1],
    ['2.11.9', 1],
    ['2.12.0-RC.1', 0],
    ['2.14.5', 0],
    ['3.0.0', 0],
  ])('%s: %d things', (version, lacking) => {
    expect(lacksOf(version)).toHaveLength(lacking);
  });

  it('is too much before 2.9', () => {
    expect(() => lacksOf('2.8.4')).toThrow('nats-server 2.8.4 is too old: 2.9.0 or later is needed');
  });
});
