import { Slots } from '../../../../workers/rollout/slots.js';

describe('Slots', () => {
  it('gives each value a place, and uses the places that were cleared again', () => {
    const slots = new Slots<string>();
    const [a, b] = [slots.put('a'), slots.put('b')];
    slots.clear(a);
    expect([slots.size, slots.at(a), slots.at(b)]).toEqual([1, undefined, 'b']);
    expect(slots.put('c')).toBe(a);
    slots.put('d');
    expect(slots.list().sort()).toEqual(['b', 'c', 'd']);
    expect(slots.size).toBe(3);
  });
});
