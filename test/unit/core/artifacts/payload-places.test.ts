import { PayloadPlaces } from '../../../../core/artifacts/payload-places.js';
import { sha256 } from '../../../../core/runtime/content-hash.js';

const place = (at: number) => ({ segment: 1 + (at % 7), offset: at * 3000, length: at });

describe('PayloadPlaces', () => {
  it('finds each of many places, and none that was never set', () => {
    const places = new PayloadPlaces();
    const hashes = Array.from({ length: 5000 }, (_, at) => sha256(String(at)));
    for (const [at, hash] of hashes.entries()) places.set(hash, place(at));
    expect(places.size).toBe(5000);
    expect(hashes.map((hash) => places.get(hash))).toEqual(hashes.map((_, at) => place(at)));
    expect(places.get(sha256('another'))).toBeUndefined();
    expect([places.has(hashes[0]), places.has(sha256('another'))]).toEqual([true, false]);
  });

  it('moves a hash that is known already', () => {
    const places = new PayloadPlaces();
    for (const at of [1, 2]) places.set(sha256('one'), place(at));
    expect([places.size, places.get(sha256('one'))]).toEqual([1, place(2)]);
  });

  it('tells hashes apart that are looked for in the same slot', () => {
    const places = new PayloadPlaces();
    const alike = ['0', '1', '2'].map((sign) => `00000400${sign.repeat(56)}`);
    for (const [at, hash] of alike.entries()) places.set(hash, place(at));
    expect(alike.map((hash) => places.get(hash))).toEqual(alike.map((_, at) => place(at)));
  });

  it('holds offsets and lengths up to 4 GiB', () => {
    const places = new PayloadPlaces();
    const far = { segment: 99_999_999, offset: 2 ** 32 - 1, length: 2 ** 32 - 1 };
    places.set(sha256('far'), far);
    expect(places.get(sha256('far'))).toEqual(far);
  });
});
