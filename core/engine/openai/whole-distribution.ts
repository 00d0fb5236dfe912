import type { SamplingSettings } from '../../domain/trajectory.js';

/**
 * Sampling from the whole distribution at a temperature, in the fields that vLLM and SGLang share. Every one is sent: nothing is
 * left to the server's own generation configuration, least of all what ends an answer.
 */
export function wholeDistribution({
  temperature,
  stopTokenIds,
}: Pick<SamplingSettings, 'temperature' | 'stopTokenIds'>): object {
  return {
    temperature,
    top_p: 1,
    top_k: -1,
    min_p: 0,
    repetition_penalty: 1,
    frequency_penalty: 0,
    presence_penalty: 0,
    stop_token_ids: stopTokenIds,
    ignore_eos: true,
  };
}
