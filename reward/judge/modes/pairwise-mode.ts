import type { JudgeMode } from '../judge-mode.js';

/** Both answers in one question, in the order of the request. A tie is half a win for each. */
export const pairwiseMode: JudgeMode = {
  name: 'pairwise',
  orderBlind: false,
  questions: ({ pair, order }) => {
    const [a, b] = order === 'first_shown_first' ? [pair.first, pair.second] : [pair.second, pair.first];
    return [
      [
        { name: 'ANSWER A', text: a },
        { name: 'ANSWER B', text: b },
      ],
    ];
  },
  fields: () => [{ name: 'verdict', options: ['A', 'B', 'tie'] }],
  score: ([{ verdict }], { order }) => {
    const [a, b, tie] = verdict;
    const first = order === 'first_shown_first' ? a : b;
    return { probabilityFirst: first + tie / 2 };
  },
};
