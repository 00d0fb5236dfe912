import type { GazetteerEntry } from '../../core/domain/locale.js';
import type {
  GroupFrame,
  KitManifest,
  KitPair,
  LanguageSeries,
  LengthItem,
  NameFrame,
  RegisterSeries,
  StuffingItem,
  SwapItem,
  TranslationItem,
  YesNoItem,
} from './kit-schema.js';

/** The probes of one locale, by the file that holds them. A file that the kit lacks is an empty list. */
export interface KitProbes {
  readonly pairs: readonly KitPair[];
  readonly swap: readonly SwapItem[];
  readonly registers: readonly RegisterSeries[];
  readonly languages: readonly LanguageSeries[];
  readonly names: readonly NameFrame[];
  readonly stuffing: readonly StuffingItem[];
  readonly length: readonly LengthItem[];
  readonly 'yes-no': readonly YesNoItem[];
  readonly translations: readonly TranslationItem[];
  readonly groups: readonly GroupFrame[];
}

/** Probes of a reward model for one locale, with the names that its frames are filled with. */
export interface CultureKit {
  readonly manifest: KitManifest;
  readonly probes: KitProbes;
  /** Persons and places of the locale's gazetteer, of both halves. */
  readonly names: readonly GazetteerEntry[];
  /** sha256 of the canonical JSON of everything above. */
  readonly hash: string;
}
