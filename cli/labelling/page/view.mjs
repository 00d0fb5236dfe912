import { byId, element, fill } from './elements.mjs';

/** Puts the page's sentences and the rubric in place, once. */
export function dressPage({ language, direction, messages, rubric, annotators }) {
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
  document.title = `${messages.title} · Majlis`;
  byId('title').textContent = messages.title;
  for (const place of document.querySelectorAll('[data-message]')) {
    place.textContent = messages[place.dataset.message];
  }
  byId('known-names').replaceChildren(...annotators.map((name) => element('option', '', { value: name })));
  // Rubrics are written in English.
  for (const place of [byId('rubric-title'), byId('criteria')])
    Object.assign(place, { lang: 'en', dir: 'ltr' });
  byId('rubric-title').textContent = `${rubric.title} (${rubric.id} ${rubric.version})`;
  byId('criteria').replaceChildren(...rubric.criteria.map((description) => element('li', description)));
}

/** Asks who labels. */
export function showNameForm() {
  for (const id of ['task', 'finished', 'actions', 'keys', 'who', 'progress-line']) byId(id).hidden = true;
  byId('name-form').hidden = false;
  byId('name').focus();
}

/** Shows where an annotator stands: the pair they are to judge, or that all is done. */
export function showState({ annotator, done, total, showing }, messages) {
  byId('name-form').hidden = true;
  for (const id of ['who', 'progress-line', 'actions']) byId(id).hidden = false;
  byId('annotator-name').textContent = annotator;
  const progress = byId('progress');
  progress.max = total;
  progress.value = done;
  byId('progress-text').textContent = fill(messages.progress, { done, total });
  byId('undo').disabled = done === 0;
  byId('task').hidden = showing === undefined;
  byId('keys').hidden = showing === undefined;
  byId('neither').hidden = showing === undefined;
  byId('finished').hidden = showing !== undefined;
  if (showing === undefined) {
    byId('agreement').open = true;
    byId('finished-heading').focus();
    return;
  }
  const { prompt, answers, locale, direction } = showing;
  const place = { locale, direction, messages };
  showText(byId('prompt'), prompt, place);
  showText(byId('answer-one'), answers[0], place);
  showText(byId('answer-two'), answers[1], place);
  byId('question-heading').focus();
  scrollTo({ top: 0, behavior: 'instant' });
}

/** Says in passing what became of the last act; screen readers read it out. */
export function showStatus(text) {
  byId('status').textContent = text;
}

/** Says what went wrong, or that nothing is wrong any more where the text is empty. */
export function showProblem(text) {
  byId('problem').textContent = text;
  byId('problem').hidden = text === '';
}

/** While an answer is on its way, no other can be given. */
export function setBusy(isBusy) {
  byId('task').ariaBusy = String(isBusy);
  for (const button of document.querySelectorAll('[data-pick]')) button.disabled = isBusy;
}

function showText(place, text, { locale, direction, messages }) {
  const isEmpty = text.trim() === '';
  place.classList.toggle('empty', isEmpty);
  place.lang = isEmpty ? document.documentElement.lang : locale;
  place.dir = isEmpty ? document.documentElement.dir : direction;
  place.textContent = isEmpty ? messages.emptyAnswer : text;
}
