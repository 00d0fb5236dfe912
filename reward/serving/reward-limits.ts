/** How much one caller may ask. Absent: as much as comes. */
export interface CallerLimits {
  /** Answers a second, on average. */
  readonly answersPerSecond?: number;
  /** Answers that may come at once after a pause; `answersPerSecond` by default. A larger request is never taken. */
  readonly burst?: number;
  /** Answers that are being scored at one time. */
  readonly answersInFlight?: number;
  /** Answers in a day of UTC, counted since the process began. */
  readonly answersPerDay?: number;
}

/** How much a server takes on. */
export interface RewardLimits {
  /** Answers that wait for a model; while there are so many, what would have to wait is `resource_exhausted`. */
  readonly queuedAnswers: number;
  readonly answersPerRequest: number;
  /** Answers that a model is given at one time: whoever comes meanwhile waits for so many. */
  readonly answersPerCall: number;
  /** Longest wait for a reply, whatever the client asks. */
  readonly deadlineMs: number;
  /** What outcomes that are kept may take up; 0 keeps none. */
  readonly cacheBytes: number;
  /** Looked up at each request, so that limits can change under way. */
  caller(name: string): CallerLimits;
}

/** Of a server that is told nothing else: nobody is limited apart from what the process can bear. */
export const DEFAULT_REWARD_LIMITS: RewardLimits = {
  queuedAnswers: 65_536,
  answersPerRequest: 16_384,
  answersPerCall: 256,
  deadlineMs: 60_000,
  cacheBytes: 64 * 1024 * 1024,
  caller: () => ({}),
};
