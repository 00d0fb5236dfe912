import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type { AddressedTo, HttpContract, HttpQuestion } from '../../reward/http/http-contract.js';
import { receiveBody } from '../../reward/http/received-body.js';

const NOWHERE: AddressedTo = { labelsAreLocales: false };

/** Reads a body as the server does. Text is taken as it is, anything else as JSON. */
export function askedOf(contract: HttpContract, body: unknown, to: AddressedTo = NOWHERE): HttpQuestion {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return contract.read(receiveBody(Buffer.from(text), `POST ${contract.path}`), to);
}

/** What the contract tells of these outcomes, by [item][answer]. */
export function told(question: HttpQuestion, outcomes: readonly (readonly Outcome<Reward>[])[]): unknown {
  return JSON.parse(question.tell({ rubricHash: 'rubric-1', rewardModelHash: 'model-1', outcomes }));
}

/** A scored outcome. */
export function scored(normalized: number, raw = normalized): Outcome<Reward> {
  return { kind: 'scored', score: { raw, normalized } };
}

export const MALFORMED: Outcome<Reward> = {
  kind: 'policy_malformed',
  reason: 'ruled out by criterion script',
};
export const ABSTAINED: Outcome<Reward> = { kind: 'abstained', reason: 'orders disagree' };
export const FAILED: Outcome<Reward> = { kind: 'judge_failed', reason: 'no judge answers', retryable: true };
