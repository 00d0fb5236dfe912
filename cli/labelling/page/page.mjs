import { showAgreement } from './agreement-view.mjs';
import { desk, Refusal } from './desk-client.mjs';
import { byId, fill } from './elements.mjs';
import { askedBy } from './keys.mjs';
import { dressPage, setBusy, showNameForm, showProblem, showState, showStatus } from './view.mjs';

const NAME = 'majlis-annotator';

const page = await desk.page();
const { messages } = page;
let state;
let isBusy = false;

/** Does one thing at a time, and says so where it fails. What was on the page stays, so it can be tried again. */
async function act(work, success) {
  if (isBusy) return;
  isBusy = true;
  setBusy(true);
  try {
    const next = await work();
    showProblem('');
    show(next);
    showStatus(success);
  } catch (thrown) {
    showStatus('');
    await recover(thrown);
  } finally {
    isBusy = false;
    setBusy(false);
  }
}

async function recover(thrown) {
  if (thrown instanceof Refusal && thrown.isBehind) {
    show(await desk.state(state.annotator));
    showStatus(messages.behind);
    return;
  }
  const reason = thrown instanceof Refusal ? thrown.message : messages.gone;
  showProblem(fill(messages.notSaved, { reason }));
}

function show(next) {
  state = next;
  showState(next, messages);
  if (byId('agreement').open) void refreshAgreement();
}

async function refreshAgreement() {
  try {
    showAgreement(await desk.agreement(), messages);
  } catch (thrown) {
    showProblem(thrown instanceof Refusal ? thrown.message : messages.gone);
  }
}

function pick(choice) {
  if (state?.showing === undefined) return;
  const { annotator, showing } = state;
  void act(() => desk.answer(annotator, showing.step, choice), messages.saved);
}

function undo() {
  if (state === undefined || state.done === 0) return;
  const { annotator, done } = state;
  void act(() => desk.undo(annotator, done), messages.takenBack);
}

async function begin(annotator) {
  sessionStorage.setItem(NAME, annotator);
  await act(() => desk.state(annotator), '');
}

function changeName() {
  state = undefined;
  sessionStorage.removeItem(NAME);
  showStatus('');
  byId('name').value = '';
  showNameForm();
}

dressPage(page);
byId('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void begin(byId('name').value);
});
byId('change-name').addEventListener('click', changeName);
byId('undo').addEventListener('click', undo);
byId('agreement').addEventListener('toggle', () => {
  if (byId('agreement').open) void refreshAgreement();
});
for (const button of document.querySelectorAll('[data-pick]')) {
  button.addEventListener('click', () => pick(button.dataset.pick));
}
document.addEventListener('keydown', (event) => {
  const asked = askedBy(event, document.documentElement.dir === 'rtl');
  if (asked === undefined || state === undefined) return;
  event.preventDefault();
  if (asked === 'undo') undo();
  else pick(asked);
});

const known = sessionStorage.getItem(NAME) ?? page.annotator;
if (known === undefined || known === null) showNameForm();
else await begin(known);
