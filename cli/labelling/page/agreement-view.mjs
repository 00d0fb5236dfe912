import { byId, element, fill } from './elements.mjs';

/** Shows how far people agree with themselves and with each other. */
export function showAgreement({ annotators, twos, alpha }, messages) {
  const share = ({ same, of }) => (of === 0 ? '–' : `${same}/${of} (${Math.round((100 * same) / of)} %)`);
  const figure = (value) => (value === undefined ? messages.undefinedFigure : value.toFixed(2));
  const people = table(
    [messages.annotator, messages.pairs, messages.consistency],
    annotators.map(({ name, pairs, consistency }) => [name, String(pairs), share(consistency)]),
  );
  const between =
    twos.length === 0
      ? [element('p', messages.noAgreement, { class: 'hint' })]
      : [
          table(
            [messages.twoAnnotators, messages.raw, messages.kappa],
            twos.map(({ annotators: names, raw, kappa }) => [names.join(' · '), share(raw), figure(kappa)]),
          ),
          element('p', fill(messages.alpha, { alpha: figure(alpha) })),
        ];
  byId('agreement-figures').replaceChildren(people, ...between);
}

function table(heads, rows) {
  const made = element('table', '');
  const head = made.createTHead().insertRow();
  head.append(...heads.map((text) => element('th', text, { scope: 'col' })));
  const body = made.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    // A name or a figure of another direction keeps its own without moving its cell.
    for (const text of cells) row.insertCell().append(element('bdi', text));
  }
  return made;
}
