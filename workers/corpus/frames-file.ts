import { z } from 'zod';
import { BadInputError } from '../../core/errors.js';
import { slotsOf } from './slots.js';

/** The slots that a gazetteer fills; every other slot names a filler list of the frames file. */
export const ENTITY_SLOTS = ['person', 'place', 'food', 'holiday'] as const;

/** The slot of a stuffing frame that becomes a list of names. */
export const NAMES_SLOT = 'names';

const texts = z.array(z.string().min(1)).min(1);
const byRegister = z.record(z.string(), texts);
const share = z.number().min(0).max(1);
const count = z.number().int().positive();

const topicSchema = z.strictObject({ training: texts, heldOut: texts, answers: byRegister });

/** A hand-written frames file: sentences with slots, from which a corpus is composed. */
export const framesSchema = z.strictObject({
  locale: z.string().min(2),
  registers: texts,
  compose: z.strictObject({
    /** Corpus lines for each topic. */
    linesPerTopic: count,
    /** Share of answers that are poor on purpose. */
    poorShare: share,
    /** Most prompts that one prompt frame becomes. */
    /** Prompts made of one frame at most, by split. */
    expansionsPerFrame: z.strictObject({ training: count, heldOut: count }),
    /** Longest answer, in code points. */
    longestAnswer: count,
  }),
  /** Slot fillers that fit every answer. */
  fillers: z.record(z.string(), texts),
  /** Slot fillers that go with an origin, by origin and register. */
  originFillers: z.record(z.string(), z.strictObject({ local: byRegister, foreign: byRegister })),
  topics: z.record(z.string(), topicSchema),
  poor: z.strictObject({
    namesInStuffing: count,
    /** What stands between two names of a stuffed answer. */
    joiner: z.string(),
    stuffing: byRegister,
    short: byRegister,
  }),
});

export type Frames = z.infer<typeof framesSchema>;

/**
 * Checks what the schema cannot say: every slot has fillers, and everything that is written by register is
 * written for every register. `source` is what an error names.
 */
export function checkFrames(frames: Frames, source: string): void {
  for (const list of sentenceLists(frames)) checkSlots(list, source);
  for (const { place, keys } of registerKeys(frames)) {
    const missing = frames.registers.filter((register) => !keys.includes(register));
    if (missing.length === 0 && keys.length === frames.registers.length) continue;
    const allowed = `exactly the registers ${frames.registers.join(', ')}`;
    throw new BadInputError({ source, place, found: keys.join(', '), allowed });
  }
}

interface SentenceList {
  readonly place: string;
  readonly sentences: readonly string[];
  /** Slots that these sentences may have. */
  readonly slots: readonly string[];
}

function checkSlots({ place, sentences, slots }: SentenceList, source: string): void {
  for (const [index, sentence] of sentences.entries()) {
    const unknown = slotsOf(sentence).find((slot) => !slots.includes(slot));
    if (unknown === undefined) continue;
    throw new BadInputError({
      source,
      place: `${place}[${index}]`,
      found: `the slot {${unknown}}`,
      allowed: slots.join(', '),
    });
  }
}

/** Prompts take neutral fillers only: a prompt must not lean to an origin or a register. */
function sentenceLists(frames: Frames): SentenceList[] {
  const neutral = Object.keys(frames.fillers);
  const slots = [...ENTITY_SLOTS, ...neutral, ...Object.keys(frames.originFillers)];
  const topics = Object.entries(frames.topics).flatMap(([topic, { training, heldOut, answers }]) => [
    { place: `topics.${topic}.training`, sentences: training, slots: neutral },
    { place: `topics.${topic}.heldOut`, sentences: heldOut, slots: neutral },
    ...Object.entries(answers).map(([register, sentences]) => ({
      place: `topics.${topic}.answers.${register}`,
      sentences,
      slots,
    })),
  ]);
  const stuffing = Object.entries(frames.poor.stuffing).map(([register, sentences]) => ({
    place: `poor.stuffing.${register}`,
    sentences,
    slots: [NAMES_SLOT, ...slots],
  }));
  return [...topics, ...stuffing];
}

function registerKeys(frames: Frames): { place: string; keys: string[] }[] {
  const keyed: [string, Record<string, unknown>][] = [
    ...Object.entries(frames.topics).map(([topic, { answers }]): [string, Record<string, unknown>] => [
      `topics.${topic}.answers`,
      answers,
    ]),
    ['poor.stuffing', frames.poor.stuffing],
    ['poor.short', frames.poor.short],
  ];
  for (const [name, { local, foreign }] of Object.entries(frames.originFillers)) {
    keyed.push([`originFillers.${name}.local`, local], [`originFillers.${name}.foreign`, foreign]);
  }
  return keyed.map(([place, value]) => ({ place, keys: Object.keys(value) }));
}
