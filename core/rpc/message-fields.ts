import { z } from 'zod';

/**
 * The kinds of field that messages are made of. proto3 decodes an absent text as '' and an absent `optional` or message
 * as undefined; these schemas refuse both wherever the domain needs a value.
 */

/** A text that names something; the wire cannot tell an absent one from an empty one, so empty is refused. */
export const identifier = z.string().min(1, { error: 'a non-empty text' });

/** An `optional string` that must be there and may be empty. */
export const text = z.string({ error: 'a text, which may be empty' });

/** A whole number from 0 up to 2⁵³ − 1. */
export const count = z
  .int({ error: 'a whole number from 0 to 2^53 - 1' })
  .min(0, { error: 'a whole number from 0' });

/** A whole number from 1. */
export const positiveCount = z
  .int({ error: 'a whole number from 1' })
  .min(1, { error: 'a whole number from 1' });

/** Any number but NaN and the infinities. */
export const finite = z.number({ error: 'a finite number' });

/** Any number that an engine may compute, NaN and the infinities included. */
export const computed = z.custom<number>((value) => typeof value === 'number', { error: 'a number' });

/** An `optional bool` that must be there. */
export const flag = z.boolean({ error: 'true or false' });

/**
 * Numbers that all pass. A message has thousands of them, so they are looked at in one loop, without zod's step for each;
 * the first that does not pass is named by its place.
 */
function numbers(passes: (value: unknown) => boolean, error: string): z.ZodType<number[], unknown> {
  return z.unknown().transform((value, context): number[] => {
    if (!Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: 'a list of numbers' });
      return z.NEVER;
    }
    for (let at = 0; at < value.length; at += 1) {
      if (passes(value[at])) continue;
      context.addIssue({ code: 'custom', path: [at], message: error });
      return z.NEVER;
    }
    return value as number[];
  });
}

/** Token ids. [token] */
export const tokenIds = numbers(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  'a whole number from 0 to 2^53 - 1',
);

/** Finite numbers, one for each token. [token] */
export const logProbs = numbers(Number.isFinite, 'a finite number');

/** The domain's name of an enum value, given the value of each name; unspecified and unknown values are refused. */
export function enumeration<Name extends string>(
  values: Readonly<Record<Name, number>>,
): z.ZodType<Name, unknown> {
  const names = new Map(Object.entries<number>(values).map(([name, value]) => [value, name as Name]));
  const error = `one of ${[...names.values()].join(', ')}`;
  return z.unknown().transform((value, context): Name => {
    const name = typeof value === 'number' ? names.get(value) : undefined;
    if (name !== undefined) return name;
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

/**
 * A sub-message that must be there. ts-proto writes undefined for every absent `optional`; those keys are dropped, so
 * that fields which the domain may lack are declared with `exactOptional`.
 */
export function message<Shape extends z.ZodRawShape>(shape: Shape): z.ZodPreprocess<z.ZodObject<Shape>> {
  return z.preprocess(withoutUndefined, z.object(shape, { error: 'a message' }));
}

function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Object.values(value).includes(undefined)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}
