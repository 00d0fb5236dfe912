/** The run that a fleet rehearses: the unigram model, small enough that processes and faults are what takes time. */

export const RUN = 'rehearsal';
/** In a fleet of one run, its pool. */
export const POOL = RUN;
export const RELEASE = 'chaos';
export const ITERATIONS = 6;
export const PROMPTS = 6;
export const GROUP = 4;
export const VOCABULARY = 8;
export const SEED = 11;
/** How long a lease lasts that nobody extends. */
export const ACK_WAIT_MS = 1000;
export const HEARTBEAT_MS = 300;
/** A task takes its worker so long that a fault can meet it. */
export const TASK_TAKES_MS = 25;
/** Only a queue that is empty tells of a loss: what a worker holds comes back by itself. */
export const REISSUE_AFTER_MS = 60_000;
export const STARVED_AFTER_MS = 1500;
/** What a killed worker held is leased again within the ack wait and this. */
export const RELEASE_SLACK_MS = 5000;
/** A coordinator that was started again works within this. */
export const RESUME_WITHIN_MS = 5000;
/** What an answer is paid for, of so many tokens at most. */
export const WANTED_TOKEN = 5;
export const MAX_NEW_TOKENS = 5;
