import { z } from 'zod';

/**
 * The model that a run trains: a small one of its own, made from its corpus, or what lies in a Hugging Face directory. Their keys
 * exclude each other, but for the context length.
 */
const count = z.int().min(1);

const loraSchema = z.strictObject({
  rank: count.default(16),
  alpha: z.number().positive().default(32),
  targetModules: z.array(z.string().min(1)).min(1).default(['all-linear']),
});

const EMBEDDED = { layers: 2, width: 96, heads: 4, vocabSize: 768, contextLength: 256 };
/** Of a directory's model: as long as most instructions with an answer are. */
const DIRECTORY_CONTEXT = 1024;

const writtenSchema = z.strictObject({
  /** A Hugging Face directory, from the run file's folder. */
  directory: z.string().min(1).exactOptional(),
  /** Adapters in place of all its weights. */
  lora: loraSchema.exactOptional(),
  layers: count.exactOptional().meta({ default: EMBEDDED.layers }),
  width: count.exactOptional().meta({ default: EMBEDDED.width }),
  heads: count.exactOptional().meta({ default: EMBEDDED.heads }),
  vocabSize: z.int().min(300).max(65_536).exactOptional().meta({ default: EMBEDDED.vocabSize }),
  /** Longest prompt plus answer, in tokens. */
  contextLength: z.int().min(32).exactOptional().meta({ default: EMBEDDED.contextLength }),
});

/** A model of the run's own, as GPT-2 is built. */
export interface OwnModel {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocabSize: number;
  readonly contextLength: number;
}

/** A model that is there already. */
export interface DirectoryModel {
  readonly directory: string;
  readonly contextLength: number;
  readonly lora?: z.infer<typeof loraSchema>;
}

export type ModelOptions = OwnModel | DirectoryModel;

const LONGEST_OWN_CONTEXT = 4096;

/** Schema of `model`. */
export const modelSchema = writtenSchema
  .superRefine(({ directory, lora, contextLength = 0, ...own }, context) => {
    const refuse = (key: string, found: unknown, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], params: { found: String(found) }, message });
    };
    const written = Object.entries(own).find(([, value]) => value !== undefined);
    if (directory !== undefined && written !== undefined) {
      refuse(written[0], written[1], 'nothing beside model.directory, whose config.json says it');
    }
    if (directory !== undefined) return;
    if (lora !== undefined) refuse('lora', 'adapters', 'model.directory beside it, with what they adapt');
    if (contextLength > LONGEST_OWN_CONTEXT) {
      refuse('contextLength', contextLength, `at most ${LONGEST_OWN_CONTEXT} without model.directory`);
    }
  })
  .transform(({ directory, lora, ...own }): ModelOptions => {
    if (directory === undefined) return { ...EMBEDDED, ...own };
    const { contextLength = DIRECTORY_CONTEXT } = own;
    return { directory, contextLength, ...(lora === undefined ? {} : { lora }) };
  });

/** Whether the run makes its model itself. */
export function isOwnModel(model: ModelOptions): model is OwnModel {
  return !('directory' in model);
}
