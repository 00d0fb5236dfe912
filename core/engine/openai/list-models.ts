import { z } from 'zod';
import type { CallTerms, EngineHttp } from './engine-http.js';

const modelsSchema = z.looseObject({
  data: z
    .array(
      z.looseObject({
        id: z.string(),
        root: z.string().nullish(),
        max_model_len: z.int().positive().nullish(),
        sha256: z.string().nullish(),
      }),
    )
    .min(1),
});

/** A model or adapter that a server answers by. `root` is its directory; `sha256`, of its weights, only the generator tells. */
export type ModelCard = z.output<typeof modelsSchema>['data'][number];

/** The served model first, then its adapters: vLLM and SGLang list them alike. */
export async function listModels(http: EngineHttp, terms: CallTerms): Promise<readonly ModelCard[]> {
  return (await http.get('/v1/models', modelsSchema, terms)).data;
}
