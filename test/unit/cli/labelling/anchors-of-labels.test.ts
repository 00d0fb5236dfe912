import { anchorsOfLabels } from '../../../../cli/labelling/anchors-of-labels.js';
import type { LabelChoice, LabelLine } from '../../../../cli/labelling/label-line.js';
import { label, pairs } from './label-builders.js';

function votes(pair: string, ...choices: LabelChoice[]): LabelLine[] {
  return choices.map((choice, at) => label(pair, { annotator: `annotator ${at}`, choice }));
}

describe('anchorsOfLabels', () => {
  it('makes an anchor of what more than half of the people chose', () => {
    const { anchors } = anchorsOfLabels(
      [...votes('p1', 'first'), ...votes('p2', 'second', 'second', 'first')],
      pairs(2),
    );
    expect(anchors).toEqual([
      {
        id: 'p1',
        rubric: 'ar-msa',
        prompt: 'prompt of p1',
        better: 'first of p1',
        worse: 'second of p1',
        why: 'labelled: better for 1 of 1 annotators',
      },
      {
        id: 'p2',
        rubric: 'ar-msa',
        prompt: 'prompt of p2',
        better: 'second of p2',
        worse: 'first of p2',
        why: 'labelled: better for 2 of 3 annotators',
      },
    ]);
  });

  it('tells apart what people found alike, what they disagreed on, and what nobody labelled', () => {
    const found = anchorsOfLabels(
      [
        ...votes('p1', 'tie', 'tie', 'first'),
        ...votes('p2', 'first', 'second'),
        ...votes('p3', 'first', 'second', 'tie'),
        ...votes('p4', 'first', 'first', 'second', 'tie'),
      ],
      pairs(5),
    );
    expect(found).toEqual({ anchors: [], tied: ['p1'], disputed: ['p2', 'p3', 'p4'], unlabelled: ['p5'] });
  });

  it('takes two orders with different answers for a tie, and with equal ones for one vote', () => {
    const again = { shown: 'second_shown_first' } as const;
    const found = anchorsOfLabels(
      [label('p1'), label('p1', { ...again, choice: 'second' }), label('p2'), label('p2', again)],
      pairs(2),
    );
    expect(found.tied).toEqual(['p1']);
    expect(found.anchors.map(({ id, why }) => [id, why])).toEqual([
      ['p2', 'labelled: better for 1 of 1 annotators'],
    ]);
  });
});
