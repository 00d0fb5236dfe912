import { Parcel, Task, TaskResult } from '../../../../../proto/gen/majlis/v1/messages.js';
import { createRng } from '../../../../../core/math/rng.js';
import { rolloutTaskMessage, trajectoryGroupMessage } from '../../../../../core/rpc/convert-rollout.js';
import { decodeMessage, parseMessage } from '../../../../../core/rpc/parse-message.js';
import { BackwardWriter } from '../../../../../core/rpc/wire/backward-writer.js';
import { readParcel, writeParcel } from '../../../../../core/rpc/wire/parcel-fields.js';
import { readPlain } from '../../../../../core/rpc/wire/plain-reader.js';
import { readRolloutTask, writeRolloutTask } from '../../../../../core/rpc/wire/rollout-task-fields.js';
import {
  readTrajectoryGroup,
  writeTrajectoryGroup,
} from '../../../../../core/rpc/wire/trajectory-group-fields.js';
import { rolloutTaskToMessage, trajectoryGroupToMessage } from '../../../../support/rollout-messages.js';
import { randomGroup, randomParts, randomTask } from './random-messages.js';

const writer = new BackwardWriter();

/** Each kind of message, written and read by hand and as the generated code does. */
const tasks = {
  random: randomTask,
  write: (task: ReturnType<typeof randomTask>) => writer.message(task, writeRolloutTask),
  encode: (task: ReturnType<typeof randomTask>) =>
    Task.encode({ kind: { $case: 'rollout', value: rolloutTaskToMessage(task) } }).finish(),
  read: (bytes: Uint8Array) => readPlain(bytes, readRolloutTask),
  decode: (bytes: Uint8Array) =>
    parseMessage(rolloutTaskMessage, decodeMessage(Task, bytes, 'a task').kind?.value, 'a task'),
};
const groups = {
  random: randomGroup,
  write: (group: ReturnType<typeof randomGroup>) => writer.message(group, writeTrajectoryGroup),
  encode: (group: ReturnType<typeof randomGroup>) =>
    TaskResult.encode({ result: { $case: 'rollout', value: trajectoryGroupToMessage(group) } }).finish(),
  read: (bytes: Uint8Array) => readPlain(bytes, readTrajectoryGroup),
  decode: (bytes: Uint8Array) =>
    parseMessage(trajectoryGroupMessage, decodeMessage(TaskResult, bytes, 'a').result?.value, 'a'),
};
const parcels = {
  random: randomParts,
  write: (parts: ReturnType<typeof randomParts>) => writer.message(parts, writeParcel),
  encode: (parts: ReturnType<typeof randomParts>) =>
    Parcel.encode({ parts: parts.map(({ data, headers = {} }) => ({ data, headers })) }).finish(),
  read: (bytes: Uint8Array) => readPlain(bytes, readParcel),
  decode: (bytes: Uint8Array) => decodeMessage(Parcel, bytes, 'a parcel').parts,
};

interface Kind<Value> {
  readonly random: (rng: ReturnType<typeof createRng>) => Value;
  readonly write: (value: Value) => Uint8Array;
  readonly encode: (value: Value) => Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
  readonly decode: (bytes: Uint8Array) => unknown;
}

function writesAsGenerated<Value>({ random, write, encode }: Kind<Value>): void {
  const rng = createRng(1);
  const written = Array.from({ length: 150 }, () => random(rng)).map((value) => ({
    bytes: write(value),
    expected: encode(value),
  }));
  // Only now: what was written later must not have changed what was written before.
  for (const { bytes, expected } of written) expect(Buffer.compare(bytes, expected)).toBe(0);
}

function readsWhatWasWritten<Value>({ random, encode, read, decode }: Kind<Value>): void {
  const rng = createRng(2);
  for (let round = 0; round < 100; round += 1) {
    const bytes = encode(random(rng));
    const value = read(bytes);
    expect(value).toStrictEqual(decode(bytes));
  }
}

/** How many of the damaged messages were read all the same. */
function readsDamaged<Value>({ random, encode, read, decode }: Kind<Value>): number {
  const rng = createRng(3);
  let taken = 0;
  for (let round = 0; round < 40; round += 1) {
    const whole = encode(random(rng));
    for (let damage = 0; damage < 25; damage += 1) {
      const bytes = whole.slice(0, rng.integer(3) === 0 ? rng.integer(whole.length) : whole.length);
      if (bytes.length > 0) bytes[rng.integer(Math.min(bytes.length, 100))] = rng.integer(256);
      const value = read(bytes);
      if (value === undefined) continue;
      taken += 1;
      expect(value).toStrictEqual(decode(bytes));
    }
  }
  return taken;
}

describe('messages that are written and read by hand', () => {
  it('are the bytes that the generated encoders make', () => {
    writesAsGenerated(tasks);
    writesAsGenerated(groups);
    writesAsGenerated(parcels);
  });

  it('are read as the generated decoders and the schemas read them', () => {
    readsWhatWasWritten(tasks);
    readsWhatWasWritten(groups);
    readsWhatWasWritten(parcels);
  });

  it('are, when damaged, either left to the generated decoders or read as those do', () => {
    expect(readsDamaged(tasks)).toBeGreaterThan(50);
    expect(readsDamaged(groups)).toBeGreaterThan(50);
    expect(readsDamaged(parcels)).toBeGreaterThan(50);
  });

  it('are read by hand wherever we wrote them', () => {
    const rng = createRng(4);
    expect(tasks.read(tasks.write(randomTask(rng)))).toBeDefined();
    expect(groups.read(groups.write(randomGroup(rng)))).toBeDefined();
    expect(parcels.read(parcels.write(randomParts(rng)))).toBeDefined();
  });

  it('are read where they lie within the memory of others', () => {
    const bytes = tasks.encode(randomTask(createRng(5)));
    const around = new Uint8Array(bytes.length + 20).fill(0xff);
    around.set(bytes, 7);
    const inside = around.subarray(7, 7 + bytes.length);
    expect(tasks.read(inside)).toStrictEqual(tasks.decode(bytes));
    expect(tasks.read(around.subarray(7, 8 + bytes.length))).toBeUndefined();
  });

  it('refuse a number that their field cannot carry, and go on', () => {
    const group = randomGroup(createRng(6));
    const [first] = group.trajectories;
    for (const tokenId of [-1, 0.5, 2 ** 32, Number.NaN]) {
      const odd = { ...group, trajectories: [{ ...first, tokenIds: [1, tokenId], logProbs: [0, 0] }] };
      expect(() => groups.write(odd)).toThrow(`a message cannot carry ${tokenId}`);
    }
    const task = randomTask(createRng(7));
    expect(() => tasks.write({ ...task, seed: 2 ** 53 })).toThrow('from 0 to 2^53 - 1');
    expect(Buffer.compare(tasks.write(task), tasks.encode(task))).toBe(0);
  });

  it('write half of a surrogate pair as the generated encoders do', () => {
    const task = { ...randomTask(createRng(8)), run: 'a\ud800b', id: `${'x'.repeat(70)}\udc00` };
    expect(Buffer.compare(tasks.write(task), tasks.encode(task))).toBe(0);
  });
});
