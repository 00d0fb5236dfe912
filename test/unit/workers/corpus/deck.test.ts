import { createRng } from '../../../../core/math/rng.js';
import { Deck } from '../../../../workers/corpus/deck.js';

describe('Deck', () => {
  it('deals every item once before any item twice', () => {
    const deck = new Deck(['a', 'b', 'c', 'd'], createRng(7));
    const rounds = [0, 1, 2].map(() => [deck.draw(), deck.draw(), deck.draw(), deck.draw()].sort().join(''));
    expect(rounds).toEqual(['abcd', 'abcd', 'abcd']);
  });

  it('deals in another order for another seed', () => {
    const items = Array.from({ length: 20 }, (_, index) => index);
    const dealt = [1, 2].map((seed) => {
      const deck = new Deck(items, createRng(seed));
      return items.map(() => deck.draw());
    });
    expect(dealt[0]).not.toEqual(dealt[1]);
  });
});
