import { rubricsInForce } from '../../../../coordinator/control/rubrics-in-force.js';
import { iterationRecord } from '../../../contract/ledger/ledger-harness.js';

const first = { version: 0, hash: 'w0', location: '/p/0', rubricHash: 'a' };
const under = (...hashes: string[]): ReturnType<typeof iterationRecord>[] =>
  hashes.map((rubricHash, iteration) => iterationRecord(iteration, { rubricHash }));
const swap = (
  rubricHash: string,
  effectiveAt?: number,
): Parameters<typeof rubricsInForce>[0]['controls'][0] => ({
  sequence: 1,
  event: { kind: 'swap_rubric', rubricHash },
  ...(effectiveAt === undefined ? {} : { effectiveAt }),
});

describe('the rubrics that were in force', () => {
  it('are none before the first policy', () => {
    expect(rubricsInForce({ policyVersions: [], iterations: [], controls: [] })).toEqual([]);
  });

  it('follow the iterations, none twice in a row, and may return', () => {
    const history = { policyVersions: [first], iterations: under('a', 'a', 'b', 'a'), controls: [] };
    expect(rubricsInForce(history)).toEqual(['a', 'b', 'a']);
  });

  it('count a change before an iteration that is not finished yet, and none that is pending', () => {
    const history = { policyVersions: [first], iterations: under('a', 'a') };
    expect(rubricsInForce({ ...history, controls: [swap('b', 2)] })).toEqual(['a', 'b']);
    expect(rubricsInForce({ ...history, controls: [swap('b')] })).toEqual(['a']);
    const back = {
      sequence: 2,
      event: { kind: 'roll_back' as const, to: { rubricHash: 'a' } },
      effectiveAt: 2,
    };
    expect(rubricsInForce({ ...history, controls: [swap('b', 2), back] })).toEqual(['a', 'b', 'a']);
  });

  it('count a change once that an iteration tells of already', () => {
    const history = { policyVersions: [first], iterations: under('a', 'b'), controls: [swap('b', 1)] };
    expect(rubricsInForce(history)).toEqual(['a', 'b']);
  });
});
