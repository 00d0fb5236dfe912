import { FinishReason as WireFinishReason } from '../../../proto/gen/majlis/v1/messages.js';
import type { Trajectory, TrajectoryGroup } from '../../domain/trajectory.js';
import type { BackwardWriter } from './backward-writer.js';
import { notPlain } from './plain-reader.js';
import type { PlainReader } from './plain-reader.js';

/** The fields of a majlis.v1.TaskResult that was answered, by their tags (field number and wire type) in messages.proto. */

/** Last field first. */
export function writeTrajectoryGroup(writer: BackwardWriter, group: TrajectoryGroup): void {
  const { trajectories } = group;
  const since = writer.written;
  for (let place = trajectories.length - 1; place >= 0; place -= 1) {
    writeTrajectory(writer, trajectories[place]);
  }
  writer.name(0x1a, group.engineFingerprint);
  writer.name(0x12, group.policyHash);
  writer.name(0x0a, group.taskId);
  writer.enclose(0x0a, since);
}

function writeTrajectory(
  writer: BackwardWriter,
  { index, tokenIds, logProbs, finish, text }: Trajectory,
): void {
  const since = writer.written;
  writer.text(0x2a, text);
  writer.uint32(0x20, finish === 'stop' ? WireFinishReason.STOP : WireFinishReason.LENGTH);
  writer.packedDoubles(0x1a, logProbs);
  writer.packedUint32s(0x12, tokenIds);
  writer.uint32(0x08, index);
  writer.enclose(0x22, since);
}

/** What is complete, in the sense of `trajectoryGroupMessage`. */
export function readTrajectoryGroup(reader: PlainReader): TrajectoryGroup {
  const end = reader.enter(0x0a);
  const taskId = reader.name(0x0a);
  const policyHash = reader.name(0x12);
  const engineFingerprint = reader.name(0x1a);
  const trajectories: Trajectory[] = [];
  while (reader.has(0x22, end)) trajectories.push(readTrajectory(reader, trajectories.length));
  if (trajectories.length === 0) notPlain();
  reader.leave(end);
  return { taskId, policyHash, engineFingerprint, trajectories };
}

function readTrajectory(reader: PlainReader, place: number): Trajectory {
  const end = reader.enter(0x22);
  const index = reader.uint32(0x08);
  const tokenIds = reader.uint32s(0x12);
  const logProbs = reader.doubles(0x1a);
  const finish = finishOf(reader.uint32(0x20));
  const text = reader.text(0x2a);
  if (index !== place || logProbs.length !== tokenIds.length) notPlain();
  reader.leave(end);
  return { index, tokenIds, logProbs, finish, text };
}

function finishOf(value: WireFinishReason): Trajectory['finish'] {
  if (value === WireFinishReason.STOP) return 'stop';
  return value === WireFinishReason.LENGTH ? 'length' : notPlain();
}
