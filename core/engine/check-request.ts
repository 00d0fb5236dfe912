import { BadInputError } from '../errors.js';
import type { GenerateRequest } from './engine.js';

/** Size of what a request has to fit into. */
export interface EngineLimits {
  readonly contextLength: number;
  readonly vocabSize: number;
}

/** Refuses, as bad input, what no engine can answer exactly. */
export function checkRequest(request: GenerateRequest, { contextLength, vocabSize }: EngineLimits): void {
  const { promptTokenIds, samples, sampling, seed } = request;
  const longest = promptTokenIds.length + sampling.maxNewTokens;
  const stranger = promptTokenIds.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (promptTokenIds.length === 0) throw refusal('promptTokenIds', 'no tokens', 'at least one');
  if (stranger !== undefined) {
    throw refusal('promptTokenIds', `id ${String(stranger)}`, `0 to ${String(vocabSize - 1)}`);
  }
  if (!isCount(samples)) throw refusal('samples', String(samples), 'a whole number from 1');
  if (!isCount(sampling.maxNewTokens)) {
    throw refusal('sampling.maxNewTokens', String(sampling.maxNewTokens), 'a whole number from 1');
  }
  if (longest > contextLength) {
    const found = `${String(promptTokenIds.length)} prompt tokens and ${String(sampling.maxNewTokens)} new ones`;
    throw refusal('promptTokenIds', found, `${String(contextLength)} together`);
  }
  if (!(sampling.temperature > 0 && Number.isFinite(sampling.temperature))) {
    throw refusal('sampling.temperature', String(sampling.temperature), 'a number above 0');
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw refusal('seed', String(seed), 'a whole number from 0');
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function refusal(place: string, found: string, allowed: string): BadInputError {
  return new BadInputError({ source: 'generate request', place, found, allowed });
}
