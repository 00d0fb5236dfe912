/** What both ends of run control agree on beside the protocol. */

/** Longest message: room for some tens of thousands of iterations in one `GetRun`. */
export const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;

/** How this build names itself to its peer. */
export const SOFTWARE = 'majlis';
