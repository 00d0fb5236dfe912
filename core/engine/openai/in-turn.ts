/** Servers that something is being loaded into, by their URL: one change of weights at a time. */
const turns = new Map<string, Promise<unknown>>();

/** Workers of one process share a server; the second of two that need the same weights finds them there. */
export async function inTurn(baseUrl: string, work: () => Promise<void>): Promise<void> {
  const turn = Promise.resolve(turns.get(baseUrl)).then(work, work);
  turns.set(baseUrl, turn);
  await turn;
}
