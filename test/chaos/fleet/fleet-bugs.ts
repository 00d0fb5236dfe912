/** Bugs that a rehearsal has to find, each for its own reason. */
export const FLEET_BUGS = ['ack-before-stored', 'dedupe-by-worker', 'reissue-under-same-id'] as const;

export type FleetBug = (typeof FLEET_BUGS)[number];
