import { Run as RunCodec, RunEvent as RunEventCodec } from '../../../../proto/gen/majlis/v1/coordinator.js';
import type * as wire from '../../../../proto/gen/majlis/v1/coordinator.js';
import type { RecordedControlEvent, Run, RunEvent, RunEventPayload } from '../../../../core/domain/run.js';
import { RUN_TRANSITIONS } from '../../../../core/domain/run-state.js';
import type { RunState } from '../../../../core/domain/run-state.js';
import { runEventFromMessage, runEventToMessage } from '../../../../core/rpc/convert-run-event.js';
import { runFromMessage, runToMessage } from '../../../../core/rpc/convert-run.js';
import { refusal } from './refusal.js';

const run: Run = {
  id: 'r1',
  name: '',
  state: 'paused',
  seed: 2 ** 53 - 1,
  configHash: 'c',
  config: '{"a":"ع"}',
  fingerprints: { engine: 'f' },
  epoch: 0,
  createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  reason: 'lunch',
};

const controls: RecordedControlEvent[] = [
  { sequence: 1, event: { kind: 'pause' }, effectiveAt: 0 },
  { sequence: 2, event: { kind: 'pause', reason: '' } },
  { sequence: 3, event: { kind: 'resume' } },
  { sequence: 4, event: { kind: 'cancel', reason: 'no use', iteration: 0 } },
  { sequence: 5, event: { kind: 'swap_rubric', rubricHash: 'b', iteration: 7 }, effectiveAt: 9 },
  { sequence: 6, event: { kind: 'roll_back', to: { policyVersion: 0 } } },
  { sequence: 7, event: { kind: 'roll_back', to: { rubricHash: 'a' } } },
  { sequence: 8, event: { kind: 'shadow_rubric', rubricHash: 'b', iteration: 7 }, effectiveAt: 9 },
  { sequence: 9, event: { kind: 'stop_shadow', rubricHash: 'b' } },
  { sequence: 10, event: { kind: 'stop_shadow', rubricHash: 'b', reason: 'its judge is away' } },
];

const payloads: RunEventPayload[] = [
  { kind: 'state_changed', state: 'failed', reason: 'the disk was full' },
  { kind: 'state_changed', state: 'running' },
  { kind: 'epoch_began', epoch: 1 },
  ...controls.map((control) => ({ kind: 'control_requested' as const, control })),
  ...controls.map((control) => ({ kind: 'control_took_effect' as const, control })),
  {
    kind: 'iteration_finished',
    iteration: 0,
    policyVersion: 0,
    policyHash: 'h',
    rubricHash: 'a',
    metrics: { kl: Number.NaN, lr: 1e-5, zero: 0, worst: -Infinity },
  },
  {
    kind: 'shadow_scored',
    ...{ iteration: 0, rubricId: 'ar', rubricHash: 'b', rewardModelHash: 'm' },
    metrics: { 'shadow/agreement': 0, 'shadow/kendall_tau': -1 },
    differences: [
      { taskId: 't', index: 0, promptId: 'p', prompt: '', answer: '', active: 0, shadow: -0.5 },
      { taskId: 't', index: 3, promptId: 'p', prompt: 'إزيك؟', answer: 'الحمد لله', active: 1e-9, shadow: 5 },
    ],
  },
  { kind: 'alarm', alarm: 'entropy', message: '' },
];

function eventOf(payload: RunEventPayload): RunEvent {
  return { run: 'r1', sequence: 1, atMs: 1, payload };
}

function sent(event: RunEvent, edit: Partial<wire.RunEvent> = {}): wire.RunEvent {
  const message = { ...runEventToMessage(event), ...edit };
  return RunEventCodec.decode(RunEventCodec.encode(message).finish());
}

function sentRun(edit: Partial<wire.Run> = {}): wire.Run {
  return RunCodec.decode(RunCodec.encode({ ...runToMessage(run), ...edit }).finish());
}

describe('a run on the wire', () => {
  it('comes back as it was, to the millisecond', () => {
    expect(runFromMessage(sentRun())).toStrictEqual(run);
  });

  it.each(Object.keys(RUN_TRANSITIONS))('keeps the state %s', (name) => {
    const state = name as RunState;
    const message = RunCodec.decode(RunCodec.encode(runToMessage({ ...run, state })).finish());
    expect(runFromMessage(message).state).toBe(state);
  });

  it('has no reason where it had none, which is not an empty one', () => {
    expect(runFromMessage(sentRun({ reason: undefined }))).not.toHaveProperty('reason');
    expect(runFromMessage(sentRun({ reason: '' }))).toHaveProperty('reason', '');
  });

  it.each<[string, Partial<wire.Run>]>([
    ['id', { id: '' }],
    ['state', { state: 0 }],
    ['state', { state: 8 as wire.RunState }],
    ['seed', { seed: undefined }],
    ['epoch', { epoch: undefined }],
    ['created_at', { createdAt: undefined }],
  ])('is refused without its %s', (place, edit) => {
    const { input } = refusal(() => runFromMessage(sentRun(edit)));
    expect(input).toMatchObject({ source: 'message majlis.v1.Run', place });
  });
});

describe('an event of a run on the wire', () => {
  it.each(payloads.map((payload) => [payload.kind, payload] as const))(
    'comes back as it was: %s',
    (_, payload) => {
      expect(runEventFromMessage(sent(eventOf(payload)))).toStrictEqual(eventOf(payload));
    },
  );

  it('is refused without what happened, without its number, and with number 0', () => {
    const event = eventOf(payloads[2]);
    const placeOf = (edit: Partial<wire.RunEvent>): unknown =>
      refusal(() => runEventFromMessage(sent(event, edit))).input.place;
    expect(placeOf({ payload: undefined })).toBe('payload');
    expect(placeOf({ sequence: undefined })).toBe('sequence');
    expect(placeOf({ sequence: 0 })).toBe('sequence');
    expect(placeOf({ at: undefined })).toBe('at');
  });

  it('is refused where a control or a rollback says not what', () => {
    const control = {
      sequence: 1,
      control: { iteration: undefined, kind: undefined },
      effectiveAt: undefined,
    };
    const without = refusal(() =>
      runEventFromMessage(
        sent(eventOf(payloads[2]), { payload: { $case: 'controlRequested', value: control } }),
      ),
    );
    expect(without.input).toMatchObject({
      place: 'control_requested.control.kind',
      allowed: 'one of pause, resume, cancel, swap_rubric, roll_back, shadow_rubric, stop_shadow',
    });
  });
});
