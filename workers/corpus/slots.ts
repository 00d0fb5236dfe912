import { particleAfter } from './particle.js';

const SLOT = /\{([a-zA-Z]+)(?:\|([^|}]*)\|([^|}]*))?\}/g;

/** The names of a frame's slots, in order, repetitions included. */
export function slotsOf(frame: string): string[] {
  return [...frame.matchAll(SLOT)].map(([, name]) => name);
}

/**
 * Fills a frame. `{name}` becomes what `filler` gives for it; `{name|은|는}` is followed by the first particle
 * where the filler ends in a final consonant and by the second where it does not.
 */
export function fillSlots(frame: string, filler: (slot: string) => string): string {
  return frame.replace(SLOT, (_all, name: string, closed?: string, open?: string) => {
    const text = filler(name);
    return closed === undefined || open === undefined ? text : text + particleAfter(text, closed, open);
  });
}
