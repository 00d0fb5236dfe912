import { createRng } from '../../../../core/math/rng.js';
import { chooseFuser, fitBestJudge, fuserByAnchors } from '../../../../reward/preference/choose-fuser.js';
import { fitAnchoredStack, type Anchor } from '../../../../reward/preference/fuser.js';

/** Anchors on which judge k is right with the given probability; judges of one `copy` repeat the judge before. */
function panel(accuracy: Readonly<Record<string, number>>, count: number, seed: number): Anchor[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const firstIsBetter = rng.integer(2) === 0;
    const truth = firstIsBetter ? 1 : -1;
    const votes = new Map(
      Object.entries(accuracy).map(([id, share]): [string, number] => [
        id,
        rng.uniform() < share ? truth : -truth,
      ]),
    );
    return { votes, firstIsBetter };
  });
}

describe('chooseFuser', () => {
  it('uses the stack where several judges know something', () => {
    const choice = chooseFuser(panel({ a: 0.75, b: 0.75, c: 0.75, d: 0.75, e: 0.75 }, 200, 1));
    expect(choice.fuser.method).toBe('anchored_stack');
    expect(choice.stack.logLoss).toBeLessThan(choice.judge.logLoss);
    expect(choice.stack.accuracy).toBeGreaterThan(choice.judge.accuracy);
    const mean = choice.successDifferences.reduce((sum, one) => sum + one, 0) / 200;
    expect(mean).toBeCloseTo(choice.stack.accuracy - choice.judge.accuracy, 12);
  });

  it('uses the best judge alone where the others are coins', () => {
    const coins = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`coin${at}`, 0.5]));
    const choice = chooseFuser(panel({ ...coins, good: 0.98 }, 30, 2));
    expect(choice.bestJudge).toBe('good');
    expect(choice.fuser.method).toBe('best_judge');
    expect([...choice.fuser.weights.keys()]).toEqual(['good']);
  });

  it('does not depend on chance: the same anchors give the same choice', () => {
    const anchors = panel({ a: 0.8, b: 0.6 }, 40, 3);
    expect(JSON.stringify(chooseFuser(anchors))).toBe(JSON.stringify(chooseFuser(anchors)));
  });

  it('gives even odds where anchors contradict each other, and no certainty', () => {
    const votes = new Map([['j', 1]]);
    const anchors = Array.from({ length: 10 }, (_, at) => ({ votes, firstIsBetter: at % 2 === 0 }));
    const { fuser } = chooseFuser(anchors);
    expect(fuser.fuse(votes)).toBeCloseTo(0.5, 9);
  });

  it('stays within bounds with one judge and with anchors of one side only', () => {
    const votes = new Map([['j', 1]]);
    const { fuser } = chooseFuser(Array.from({ length: 10 }, () => ({ votes, firstIsBetter: true })));
    expect(fuser.fuse(votes)).toBeGreaterThan(0.8);
    expect(fuser.fuse(votes)).toBeLessThan(1);
    expect(fuser.fuse(new Map())).toBe(0.5);
  });

  it('refuses a handful of anchors', () => {
    expect(() => chooseFuser(panel({ a: 1 }, 7, 4))).toThrow('There are 7 anchors that a judge voted on');
  });
});

describe('fitBestJudge', () => {
  it('takes the judge that is right most often, and a missing vote for half', () => {
    const anchors = [
      { votes: new Map([['b', 1], ['a', 1]]), firstIsBetter: true },
      { votes: new Map([['b', -1]]), firstIsBetter: false },
    ]; // prettier-ignore
    expect([...fitBestJudge(anchors).weights.keys()]).toEqual(['b']);
  });
});

describe('fuserByAnchors', () => {
  it('is the stack where there are too few anchors to compare, and where the stack is not clearly worse', () => {
    for (const count of [4, 40]) {
      const anchors = panel({ a: 0.8, b: 0.75, c: 0.7 }, count, 5);
      const [chosen, stack] = [fuserByAnchors(anchors, 1), fitAnchoredStack(anchors, 1)];
      expect(chosen.method).toBe('anchored_stack');
      expect([...chosen.weights]).toEqual([...stack.weights]);
    }
  });

  it('is the judge where it does clearly better', () => {
    const coins = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`coin${at}`, 0.5]));
    expect(fuserByAnchors(panel({ ...coins, good: 0.98 }, 30, 2), 1).method).toBe('best_judge');
  });
});
