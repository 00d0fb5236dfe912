import { labelAgreement } from '../../../../cli/labelling/label-agreement.js';
import { label } from './label-builders.js';

const amal = label;
const bassem = (pair: string, changes: Parameters<typeof label>[1] = {}): ReturnType<typeof label> =>
  label(pair, { annotator: 'Bassem', ...changes });

describe('labelAgreement', () => {
  it('compares the pairs that two people both labelled', () => {
    const found = labelAgreement([
      ...['p1', 'p2', 'p3'].map((pair) => amal(pair)),
      amal('p4', { choice: 'second' }),
      bassem('p1'),
      bassem('p2'),
      bassem('p3', { choice: 'second' }),
      bassem('p4', { choice: 'second' }),
      bassem('p5'),
    ]);
    // po = 3/4, pe = (3·2 + 1·2)/16 = 1/2; coincidences: Do = 2/8, De = 2·5·3/(8·7).
    expect(found.twos).toEqual([{ annotators: ['Amal', 'Bassem'], raw: { same: 3, of: 4 }, kappa: 0.5 }]);
    expect(found.alpha).toBeCloseTo(1 - 0.25 / (30 / 56), 12);
  });

  it('tells how often a person gives the same answer in both orders', () => {
    const again = { shown: 'second_shown_first' } as const;
    const { annotators } = labelAgreement([
      amal('p1'),
      amal('p2'),
      amal('p3'),
      amal('p1', again),
      amal('p2', { ...again, choice: 'second' }),
    ]);
    expect(annotators).toEqual([{ name: 'Amal', pairs: 3, consistency: { same: 1, of: 2 } }]);
  });

  it("takes a person's first answer where the other order got another", () => {
    const { twos } = labelAgreement([
      amal('p1'),
      amal('p1', { shown: 'second_shown_first', choice: 'second' }),
      bassem('p1', { choice: 'second' }),
    ]);
    expect(twos[0].raw).toEqual({ same: 0, of: 1 });
  });

  it('leaves out what is undefined instead of calling it 0 or 1', () => {
    const [{ kappa, raw }] = labelAgreement([amal('p1'), bassem('p1')]).twos;
    expect(raw).toEqual({ same: 1, of: 1 });
    expect(kappa).toBeUndefined();
    expect(labelAgreement([amal('p1'), bassem('p2')])).not.toHaveProperty('alpha');
    expect(labelAgreement([]).annotators).toEqual([]);
  });
});
