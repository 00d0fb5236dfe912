import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AggregateOptions } from '../../../../../cli/commands/aggregate/aggregate-input.js';
import type { AggregateResult } from '../../../../../cli/commands/aggregate/aggregate-result.js';
import { aggregateText } from '../../../../../cli/commands/aggregate/aggregate-text.js';
import { aggregateReport } from '../../../../../cli/commands/aggregate/report/aggregate-report.js';
import { aggregateFile } from '../../../../../cli/commands/aggregate/run-aggregate.js';
import { createRng } from '../../../../../core/math/rng.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'majlis-aggregate-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
function file(lines: readonly string[], extension = 'csv'): string {
  files += 1;
  const path = join(folder, `${files}.${extension}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

type Flags = Partial<Omit<AggregateOptions, 'votes'>>;

function aggregate(votes: string | readonly string[], flags: Flags = {}): Promise<AggregateResult> {
  const options: AggregateOptions = {
    votes: typeof votes === 'string' ? votes : file(votes),
    prior: 0.1,
    cluster: 'prompt',
    orderTerms: 'judge',
    lengthTerm: false,
    copies: [],
    bootstrap: 0,
    level: 0.95,
    seed: 1,
    ...flags,
  };
  return aggregateFile(options, () => undefined);
}

/** Wins of three items over one another: 3 to 1, 3 to 1 and 2 to 1. */
const LEAGUE = [
  'first,second,vote',
  ...['first', 'first', 'first', 'second'].map((vote) => `a,b,${vote}`),
  ...['first', 'first', 'second', 'first'].map((vote) => `b,c,${vote}`),
  ...['first', 'second', 'first'].map((vote) => `a,c,${vote}`),
];

/** A panel of three judges, right with 0.9, 0.7 and 0.3, in both orders. */
function panel(pairs: number, seed = 1): { votes: string[]; anchors: string[] } {
  const rng = createRng(seed);
  const votes = ['judge,pair,order,vote'];
  const anchors = ['pair,better'];
  for (let pair = 0; pair < pairs; pair += 1) {
    const better = rng.integer(2) === 0 ? 'first' : 'second';
    const worse = better === 'first' ? 'second' : 'first';
    anchors.push(`p${pair},${better}`);
    for (const [judge, share] of [
      ['good', 0.9],
      ['fair', 0.7],
      ['contrary', 0.2],
    ] as const) {
      // prettier-ignore
      for (const order of ['first_shown_first', 'second_shown_first']) {
        votes.push(`${judge},p${pair},${order},${rng.uniform() < share ? better : worse}`);
      }
    }
  }
  return { votes, anchors };
}

describe('ranking items of a vote file', () => {
  it('gives strengths of largest likelihood without a prior', async () => {
    const { items = [], method, gradientNorm } = await aggregate(LEAGUE, { prior: 0 });
    expect(method).toBe('bradley-terry');
    // SciPy: minimise the negative log-likelihood of the eleven votes.
    const known = new Map([['a', 0.65758411], ['b', 0], ['c', -0.65758411]]); // prettier-ignore
    for (const { item, strength } of items)
      expect(Math.abs(strength - (known.get(item) ?? NaN))).toBeLessThan(1e-6);
    expect(gradientNorm).toBeLessThan(1e-8);
  });

  it('does not depend on the order of lines, nor on which of two items stands first', async () => {
    const turned = LEAGUE.slice(1).map((line) => {
      const [first, second, vote] = line.split(',');
      return `${second},${first},${vote === 'first' ? 'second' : 'first'}`;
    });
    const plain = await aggregate(LEAGUE);
    const other = await aggregate(['first,second,vote', ...turned.reverse()]);
    const rounded = ({ items = [] }: AggregateResult): unknown =>
      items.map(({ item, strength, standardError }) => [
        item,
        strength.toFixed(8),
        standardError?.toFixed(8),
      ]);
    expect(rounded(other)).toEqual(rounded(plain));
  });

  it('gives the same result every time, the bootstrap too', async () => {
    const flags = { bootstrap: 20, method: 'bradley-terry' } as const;
    const one = await aggregate(LEAGUE, flags);
    expect(JSON.stringify(await aggregate(LEAGUE, flags))).toBe(JSON.stringify(one));
    for (const { low, high, bootstrap } of one.items ?? []) {
      expect(bootstrap?.[0]).toBeLessThan(bootstrap?.[1] ?? -Infinity);
      expect(low).toBeLessThan(high ?? -Infinity);
    }
  });

  it('gives items that only tie equal strengths', async () => {
    const { items = [] } = await aggregate(['first,second,vote', 'a,b,tie', 'b,c,tie']);
    expect(items.map(({ strength }) => Math.abs(strength) < 1e-9)).toEqual([true, true, true]);
    const davidson = await aggregate(['first,second,vote', 'a,b,tie', 'b,c,tie'], { method: 'davidson' });
    expect(davidson.items?.every(({ strength }) => Math.abs(strength) < 1e-6)).toBe(true);
    expect(Number.isFinite(davidson.ties?.parameter)).toBe(true);
  });

  it('says of groups that nobody compared that the prior decides, and refuses them without one', async () => {
    const apart = ['first,second,vote', 'a,b,first', 'a,b,second', 'c,d,first', 'c,d,second'];
    const { groups, warnings, items = [] } = await aggregate(apart);
    expect(groups).toBe(2);
    expect(warnings.join(' ')).toContain('2 groups that nobody compared');
    expect(items.every(({ strength }) => Number.isFinite(strength))).toBe(true);
    await expect(aggregate(apart, { prior: 0 })).rejects.toThrow('the comparisons fall into 2 groups');
  });

  it('finds what being shown first is worth to a judge, in its locale where asked', async () => {
    const rng = createRng(5);
    const lines = ['judge,locale,prompt,first,second,order,vote'];
    for (let vote = 0; vote < 3000; vote += 1) {
      const [locale, bias] = vote % 2 === 0 ? ['ar', 1.5] : ['ko', -0.5];
      const isFirst = rng.integer(2) === 0;
      const wins = rng.uniform() < 1 / (1 + Math.exp(-(0.5 + (isFirst ? bias : -bias))));
      lines.push(
        `j,${locale},p${vote},a,b,${isFirst ? 'first_shown_first' : 'second_shown_first'},${wins ? 'first' : 'second'}`,
      );
    }
    const { terms = [], judges } = await aggregate(lines, { orderTerms: 'judge_and_locale', prior: 0.001 });
    const found = new Map(terms.map((term) => [term.locale, term]));
    for (const [locale, bias] of [
      ['ar', 1.5],
      ['ko', -0.5],
    ] as const) {
      // prettier-ignore
      expect(found.get(locale)?.low).toBeLessThan(bias);
      expect(found.get(locale)?.high).toBeGreaterThan(bias);
    }
    expect(judges[0].shownFirst?.value).toBeGreaterThan(0.55);
  });

  it.each(['rao-kupper', 'davidson', 'crowd-bt', 'elo'] as const)(
    'puts the items of a league in order by %s',
    async (method) => {
      const { items = [] } = await aggregate([...LEAGUE, 'a,b,tie'], { method });
      expect(items.map(({ item }) => item)).toEqual(['a', 'b', 'c']);
    },
  );

  it('has a Thurstone posterior of votes without ties, and refuses ties there', async () => {
    const { items = [] } = await aggregate(LEAGUE, { method: 'thurstone' });
    expect(items.map(({ item }) => item)).toEqual(['a', 'b', 'c']);
    await expect(aggregate([...LEAGUE, 'a,b,tie'], { method: 'thurstone' })).rejects.toThrow(
      'ties and probabilities',
    );
  });
});

describe('fusing judges of a vote file', () => {
  it('weighs judges by anchors, a contrary one below 0, and measures itself on held-out ones', async () => {
    const { votes, anchors } = panel(80);
    const { method, pairs = [], judges, accuracy } = await aggregate(votes, { anchors: file(anchors) });
    expect(method).toBe('stack');
    expect(pairs).toHaveLength(80);
    expect(judges.find(({ judge }) => judge === 'contrary')?.weight).toBeLessThan(0);
    expect(accuracy?.anchors).toBe(80);
    expect(accuracy?.fused.value).toBeGreaterThan(0.85);
    expect(accuracy?.choice?.bestJudge).toBe('good');
  });

  it.each(['average', 'majority', 'dawid-skene', 'one-coin'] as const)(
    'fuses without anchors by %s, and says what that rests on',
    async (method) => {
      const { votes } = panel(60);
      const { pairs = [], warnings } = await aggregate(votes, { method });
      expect(
        pairs.every(({ probabilityFirst = NaN }) => probabilityFirst >= 0 && probabilityFirst <= 1),
      ).toBe(true);
      expect(warnings.join(' ')).toContain('takes agreement for truth');
    },
  );

  it('keeps a class that never occurs possible, and no number undefined', async () => {
    const { pairs = [] } = await aggregate(
      ['judge,pair,vote', 'a,p,first', 'b,p,first', 'a,q,first', 'b,q,first'],
      { method: 'dawid-skene' },
    );
    expect(pairs.every(({ probabilityFirst = NaN }) => probabilityFirst > 0.5 && probabilityFirst <= 1)).toBe(
      true,
    );
  });

  it('works with one judge and says so', async () => {
    const { pairs, warnings, agreement } = await aggregate(['pair,vote', 'p,first', 'q,0.2']);
    expect(pairs?.map(({ probabilityFirst = NaN }) => probabilityFirst > 0.5)).toEqual([true, false]);
    expect(warnings.join(' ')).toContain('There is one judge');
    expect(agreement).toEqual({ twos: [] });
  });

  it('leaves out verdicts without a score, and counts them', async () => {
    const {
      votes,
      judges,
      pairs = [],
    } = await aggregate(['judge,pair,vote', 'a,p,first', 'a,q,', 'b,p,first']);
    expect(votes.excluded).toBe(1);
    expect(judges[0]).toMatchObject({ judge: 'a', scored: 1, excluded: 1 });
    expect(pairs[1]).toEqual({ pair: 'q' });
  });

  it('reads recorded verdicts, and takes one rubric of several', async () => {
    const verdict = (rubricHash: string, pairId: string, probabilityFirst: number): string =>
      JSON.stringify({
        judgeId: 'j',
        rubricHash,
        pairId,
        order: 'first_shown_first',
        outcome: { kind: 'scored', score: { probabilityFirst } },
      });
    const path = file([verdict('r1', 'p', 0.9), verdict('r2', 'p', 0.1)], 'jsonl');
    await expect(aggregate(path)).rejects.toThrow('votes under 2 rubrics');
    const { pairs, rubric } = await aggregate(path, { rubric: 'r2' });
    expect(rubric).toBe('r2');
    expect(pairs?.[0].probabilityFirst).toBeCloseTo(0.1, 9);
  });

  it('ranks items by fused pairs, prompt by prompt', async () => {
    const lines = ['judge,prompt,first,second,vote'];
    for (const prompt of ['x', 'y']) {
      for (const judge of ['j', 'k'])
        lines.push(
          `${judge},${prompt},${prompt}1,${prompt}2,first`,
          `${judge},${prompt},${prompt}2,${prompt}3,first`,
        );
    }
    const { items = [], groups } = await aggregate(lines, { method: 'majority' });
    expect(groups).toBe(2);
    expect(items.slice(0, 2).map(({ item }) => item)).toEqual(['x1', 'y1']);
  });
});

describe('bad input to aggregate', () => {
  const anchorsFor = (lines: string[]): { anchors: string } => ({ anchors: file(lines) });

  it.each<[string, string[], Flags, string]>([
    [
      'an item compared with itself',
      ['first,second,vote', 'a,b,first', 'a,a,first'],
      {},
      'line 3: found "a" compared with itself',
    ],
    ['a vote that is none', ['first,second,vote', 'a,b,maybe'], {}, 'line 2, vote: found "maybe"'],
    ['a probability above 1', ['first,second,vote', 'a,b,1.5'], {}, 'line 2, vote'],
    ['one item', ['first,vote', 'a,first'], {}, 'line 2: found one item'],
    ['no pair', ['judge,vote', 'a,first'], {}, 'line 2: found no pair'],
    [
      'an order on some votes only',
      ['pair,order,vote', 'p,first_shown_first,first', 'p,,first'],
      {},
      'line 3: found no order',
    ],
    [
      'other items for a pair',
      ['pair,first,second,vote', 'p,a,b,first', 'p,a,c,first'],
      {},
      'line 3: found other items',
    ],
    [
      'a judge of two families',
      ['judge,family,pair,vote', 'j,x,p,first', 'j,y,p,first'],
      {},
      'line 3: found judge "j" in another family',
    ],
    ['a negative weight', ['pair,vote,weight', 'p,first,-1'], {}, 'line 2, weight'],
    [
      'pairs without items where items are ranked',
      ['pair,vote', 'p,first'],
      { method: 'bradley-terry' },
      'pair "p": found no first and second item',
    ],
  ])('refuses %s', async (_case, lines, flags, message) => {
    await expect(aggregate(lines, flags)).rejects.toThrow(message);
    await expect(aggregate(lines, flags)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('refuses votes that name an item which is not in the list', async () => {
    const items = file(['item', 'a', 'b']);
    await expect(aggregate(LEAGUE, { items })).rejects.toThrow(
      'line 6: found the unknown item "c"; allowed: the 2 items',
    );
  });

  it('refuses anchors that contradict each other, and those of another rubric', async () => {
    const { votes } = panel(10);
    await expect(aggregate(votes, anchorsFor(['pair,better', 'p1,first', 'p1,second']))).rejects.toThrow(
      'line 3: found pair "p1" again, after line 2 (the two contradict each other)',
    );
    const ruled = votes.map((line, at) => `${line},${at === 0 ? 'rubric' : 'abc'}`);
    await expect(aggregate(ruled, anchorsFor(['pair,better,rubric', 'p1,first,def']))).rejects.toThrow(
      'line 2: found an anchor of rubric def; allowed: abc, which the votes are of',
    );
  });

  it('refuses a handful of anchors for the stack, and tells of anchors that nobody voted on', async () => {
    const { votes, anchors } = panel(20);
    await expect(aggregate(votes, anchorsFor(anchors.slice(0, 5)))).rejects.toThrow('There are 4 anchors');
    const { warnings } = await aggregate(votes, anchorsFor([...anchors, 'elsewhere,first']));
    expect(warnings.join(' ')).toContain('1 anchors are of pairs that nobody voted on, such as elsewhere');
  });

  it('names columns that it does not read', async () => {
    const { warnings } = await aggregate(['pair,ordr,vote', 'p,first_shown_first,first']);
    expect(warnings.join(' ')).toContain('were not read: ordr');
  });
});

describe('what people get of aggregate', () => {
  it('is a text and a page that say how many judges voted, with nothing of a name left as markup', async () => {
    const hostile = '<script>alert(1)</script>';
    const result = await aggregate(
      LEAGUE.map((line) => line.replace(/^a,/, `${hostile},`)),
      { bootstrap: 5 },
    );
    expect(aggregateText(result)).toContain('11 votes of 1 judges on 3 pairs');
    const page = aggregateReport(result);
    expect(page).toContain('11 votes of 1 judges');
    expect(page).toContain('<svg');
    expect(page).not.toContain('<script');
  });

  it('shows agreement and position bias of a panel', async () => {
    const { votes, anchors } = panel(40);
    const result = await aggregate(votes, { anchors: file(anchors) });
    expect(aggregateText(result)).toMatch(/Krippendorff's alpha -?0\.\d+/);
    expect(aggregateReport(result)).toContain('How often a judge names the answer shown first');
    expect(aggregateReport(result)).toContain('Cohen&#39;s kappa of every two judges'.replace('&#39;', "'"));
  });
});
