import { startTorchProcess } from '../../../../cli/commands/trainer/torch-process.js';

describe('a trainer over several machines', () => {
  it.each([
    [{ nodes: 2, node: 1 }, '--nodes: found no --rendezvous'],
    [{ nodes: 2, node: 2, rendezvous: 'trainer-0:29500' }, '--nodes: found --node 2'],
  ])('is refused where nobody could meet: %j', (places, sentence) => {
    const start = (): unknown => startTorchProcess({ python: 'python3', model: 'model', ...places });
    expect(start).toThrow(`${sentence}; allowed: --rendezvous HOST:PORT of node 0, and --node from 0 to 1`);
  });
});
