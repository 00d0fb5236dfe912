import { TokenPace } from '../../../../../workers/rollout/session/token-pace.js';

it("a worker's tokens per second are those of the last minute", () => {
  const pace = new TokenPace();
  expect(pace.of(0, 1000)).toBeUndefined();
  expect(pace.of(50, 6000)).toBe(10);
  expect(pace.of(250, 11_000)).toBe(25);
  // Asked every five seconds: 100 in each, and the first minute is forgotten.
  let last: number | undefined;
  for (let at = 1; at <= 30; at += 1) last = pace.of(250 + 100 * at, 11_000 + 5000 * at);
  expect(last).toBe(20);
});
