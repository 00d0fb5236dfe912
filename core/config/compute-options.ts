import { z } from 'zod';
import { clientTlsSchema } from './trust-options.js';

/** Who trains and who generates, where that is not this process. Absent keys are not filled in, so that other runs' hashes stay. */

/** Where a trainer listens. */
export const trainerAddressSchema = z.string().regex(/^[^\s:]+:\d{1,5}$/, { error: 'host:port' });
const count = z.int().min(1);

/** Schema of `trainer`. */
export const trainerChoiceSchema = z.strictObject({
  torch: z.strictObject({
    /** Where it listens; `majlis up` starts one where it is left out. */
    address: trainerAddressSchema.exactOptional(),
    /** Holds the token that it asks for, from the run file's folder. */
    tokenFile: z.string().min(1).exactOptional(),
    /** How a trainer that has a certificate is known, and what is shown to it; paths from the run file's folder. */
    tls: clientTlsSchema.exactOptional(),
    /** Seconds that a trainer which went away is waited for, before the run pauses. */
    patience: z.number().min(0).default(600),
    /** CPU threads of one that is started. */
    threads: count.default(1),
    /** Processes that share the work of one that is started. */
    ranks: count.default(1),
    /** Of one that is started; a GPU where PyTorch finds one, unless told. */
    device: z.enum(['cpu', 'cuda']).exactOptional(),
    /** Of its matrix products; bfloat16 on a GPU and float32 on a CPU unless told. */
    dtype: z.enum(['float32', 'bfloat16']).exactOptional(),
    /** Tokens of one of its passes through a model; 4,096 unless told. */
    passTokens: count.exactOptional(),
    /** Recomputes its layers in the backward pass. */
    gradientCheckpointing: z.boolean().exactOptional(),
    /** Whether one that is started and dies is started again. */
    restart: z.boolean().default(true),
  }),
});

/** Schema of `engine`. */
export const engineChoiceSchema = z.strictObject({
  openai: z.strictObject({
    /** Servers that share the work; `majlis up` starts one where they are left out. */
    urls: z
      .array(z.url({ error: 'a URL such as http://127.0.0.1:8000' }))
      .min(1)
      .exactOptional(),
    /** Its dialect; asked of the server unless told. */
    flavour: z.enum(['vllm', 'sglang']).exactOptional(),
    /**
     * How `majlis up` starts a server, in words: `{model}` and `{port}` are put in. The CPU generator of the Python package
     * where it is left out.
     */
    command: z.array(z.string().min(1)).min(1).exactOptional(),
  }),
});

export type TrainerChoice = z.infer<typeof trainerChoiceSchema>;
export type EngineChoice = z.infer<typeof engineChoiceSchema>;
