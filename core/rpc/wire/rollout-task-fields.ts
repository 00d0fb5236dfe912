import type { Prompt, TokenizedPrompt } from '../../domain/prompt.js';
import type { RolloutTask, SamplingSettings } from '../../domain/trajectory.js';
import type { BackwardWriter } from './backward-writer.js';
import { notPlain } from './plain-reader.js';
import type { PlainReader } from './plain-reader.js';

/** The fields of a majlis.v1.Task of the kind rollout, by their tags (field number and wire type) in messages.proto. */

/** Last field first. */
export function writeRolloutTask(writer: BackwardWriter, task: RolloutTask): void {
  const since = writer.written;
  writeSampling(writer, task.sampling);
  writer.count(0x50, task.seed);
  writer.name(0x4a, task.rewardModelHash);
  writer.name(0x42, task.rubricHash);
  writer.name(0x3a, task.policyHash);
  writer.uint32(0x30, task.policyVersion);
  writer.uint32(0x28, task.groupSize);
  writeTokenizedPrompt(writer, task.prompt);
  writer.uint32(0x18, task.iteration);
  writer.name(0x12, task.run);
  writer.name(0x0a, task.id);
  writer.enclose(0x0a, since);
}

function writeSampling(
  writer: BackwardWriter,
  { maxNewTokens, temperature, stopTokenIds }: SamplingSettings,
): void {
  const since = writer.written;
  writer.packedUint32s(0x1a, stopTokenIds);
  writer.double(0x11, temperature);
  writer.uint32(0x08, maxNewTokens);
  writer.enclose(0x5a, since);
}

function writeTokenizedPrompt(writer: BackwardWriter, prompt: TokenizedPrompt): void {
  const since = writer.written;
  writer.flag(0x20, prompt.truncated);
  writer.name(0x1a, prompt.tokenizerHash);
  writer.packedUint32s(0x12, prompt.tokenIds);
  writePrompt(writer, prompt.prompt);
  writer.enclose(0x22, since);
}

function writePrompt(writer: BackwardWriter, { id, locale, text, category }: Prompt): void {
  const since = writer.written;
  if (category !== undefined) writer.text(0x22, category);
  writer.text(0x1a, text);
  writer.name(0x12, locale);
  writer.name(0x0a, id);
  writer.enclose(0x0a, since);
}

/** What is complete, in the sense of `rolloutTaskMessage`. */
export function readRolloutTask(reader: PlainReader): RolloutTask {
  const end = reader.enter(0x0a);
  const task = {
    id: reader.name(0x0a),
    run: reader.name(0x12),
    iteration: reader.uint32(0x18),
    prompt: readTokenizedPrompt(reader),
    groupSize: positive(reader.uint32(0x28)),
    policyVersion: reader.uint32(0x30),
    policyHash: reader.name(0x3a),
    rubricHash: reader.name(0x42),
    rewardModelHash: reader.name(0x4a),
    seed: reader.count(0x50),
    sampling: readSampling(reader),
  };
  reader.leave(end);
  return task;
}

function readTokenizedPrompt(reader: PlainReader): TokenizedPrompt {
  const end = reader.enter(0x22);
  const prompt = readPrompt(reader);
  const tokenIds = reader.uint32s(0x12);
  if (tokenIds.length === 0) notPlain();
  const tokenizerHash = reader.name(0x1a);
  const truncated = reader.flag(0x20);
  reader.leave(end);
  return { prompt, tokenIds, tokenizerHash, truncated };
}

function readPrompt(reader: PlainReader): Prompt {
  const end = reader.enter(0x0a);
  const id = reader.name(0x0a);
  const locale = reader.name(0x12);
  const text = reader.text(0x1a);
  const prompt = reader.has(0x22, end)
    ? { id, locale, text, category: reader.text(0x22) }
    : { id, locale, text };
  reader.leave(end);
  return prompt;
}

function readSampling(reader: PlainReader): SamplingSettings {
  const end = reader.enter(0x5a);
  const maxNewTokens = positive(reader.uint32(0x08));
  const temperature = reader.double(0x11);
  if (temperature < 0) notPlain();
  const stopTokenIds = reader.uint32s(0x1a);
  reader.leave(end);
  return { maxNewTokens, temperature, stopTokenIds };
}

function positive(value: number): number {
  return value > 0 ? value : notPlain();
}
