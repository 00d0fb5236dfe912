/** An answer of the program that says no. `isBehind` where another window went on meanwhile. */
export class Refusal extends Error {
  /** @param {string} message @param {boolean} isBehind */
  constructor(message, isBehind) {
    super(message);
    this.isBehind = isBehind;
  }
}

/** The program that served this page; addresses are relative, so that the token stays in them. */
export const desk = {
  page: () => ask('api/page'),
  state: (annotator) => ask(`api/state?${new URLSearchParams({ annotator })}`),
  agreement: () => ask('api/agreement'),
  answer: (annotator, step, pick) => ask('api/answers', { annotator, step, pick }),
  undo: (annotator, done) => ask('api/undo', { annotator, done }),
};

async function ask(address, body) {
  const options =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(address, { ...options, cache: 'no-store' });
  const said = await response.json();
  if (!response.ok) throw new Refusal(said.error, said.code === 'aborted');
  return said;
}
