import type { EntityKind, EntityOrigin, GazetteerEntry } from '../../core/domain/locale.js';
import type { Rng } from '../../core/math/rng.js';
import { Deck } from './deck.js';
import type { Bindings } from './expand-prompts.js';
import { ENTITY_SLOTS, NAMES_SLOT, type Frames } from './frames-file.js';
import { fillSlots } from './slots.js';

/** The choices that an answer makes whatever it is about. */
export interface AnswerStyle {
  readonly register: string;
  readonly origin: EntityOrigin;
}

/** Fills answer frames. All names of one answer have its origin, and each name of a kind is used equally often. */
export class AnswerFiller {
  private readonly decks = new Map<string, Deck<string>>();

  constructor(
    private readonly frames: Frames,
    private readonly gazetteer: readonly GazetteerEntry[],
    private readonly rng: Rng,
  ) {}

  fill(frame: string, style: AnswerStyle, bindings: Bindings): string {
    const text = fillSlots(frame, (slot) => bindings[slot] ?? this.filler(slot, style));
    return text.normalize('NFC');
  }

  private filler(slot: string, style: AnswerStyle): string {
    if (slot === NAMES_SLOT) return this.manyNames(style.origin);
    const kind = ENTITY_SLOTS.find((name) => name === slot);
    if (kind !== undefined) return this.name(kind, style.origin);
    const fitting = this.frames.originFillers[slot]?.[style.origin][style.register];
    if (fitting !== undefined) return this.deck(`${slot}/${style.origin}/${style.register}`, fitting).draw();
    return this.deck(slot, this.frames.fillers[slot]).draw();
  }

  private name(kind: EntityKind, origin: EntityOrigin): string {
    const names = this.gazetteer.filter((entity) => entity.kind === kind && entity.origin === origin);
    return this.deck(
      `${kind}/${origin}`,
      names.map(({ text }) => text),
    ).draw();
  }

  private manyNames(origin: EntityOrigin): string {
    const names = Array.from({ length: this.frames.poor.namesInStuffing }, (_, index) =>
      this.name(ENTITY_SLOTS[index % ENTITY_SLOTS.length], origin),
    );
    return names.join(this.frames.poor.joiner);
  }

  private deck(key: string, items: readonly string[]): Deck<string> {
    const known = this.decks.get(key);
    if (known !== undefined) return known;
    const deck = new Deck(items, this.rng.fork(key));
    this.decks.set(key, deck);
    return deck;
  }
}
