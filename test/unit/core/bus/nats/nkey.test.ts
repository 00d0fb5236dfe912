import { nkeyAuthenticator } from 'nats';
import { newUserKey, readUserKey } from '../../../../../core/bus/nats/nkey.js';

// The example pair of docs.nats.io, "NKeys".
const KNOWN = {
  seed: 'SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY',
  publicKey: 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4',
};

it('works out the public key of a seed', () => {
  expect(readUserKey(`${KNOWN.seed}\n`, 'worker.nk')).toEqual(KNOWN);
});

it('makes seeds that the NATS client signs with, under the public key that it works out', () => {
  const { seed, publicKey } = newUserKey();
  expect(seed).toMatch(/^SU[A-Z2-7]{56}$/);
  expect(nkeyAuthenticator(Buffer.from(seed))('a nonce')).toMatchObject({ nkey: publicKey });
  expect(readUserKey(seed, 'worker.nk')).toEqual({ seed, publicKey });
  expect(newUserKey().seed).not.toBe(seed);
});

it.each(['', 'SUAA', 'hello', KNOWN.publicKey, KNOWN.seed.replace('ACSS', 'ACST'), KNOWN.seed.toLowerCase()])(
  'refuses %j, which is no seed',
  (text) => {
    expect(() => readUserKey(text, 'worker.nk')).toThrow('worker.nk: found no such seed');
  },
);
