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

export const flag = z.boolean({ error: 'true or false' });

/** Token ids. [token] */
export const tokenIds = z.array(count);

/** The domain's name of an enum value; unspecified and unknown values are refused. */
export function enumeration<Name extends string>(
  names: ReadonlyMap<number, Name>,
): z.ZodType<Name, number | undefined> {
  const error = `one of ${[...names.values()].join(', ')}`;
  return z
    .custom<number>((value) => typeof value === 'number' && names.has(value), { error })
    .transform((value, context): Name => {
      const name = names.get(value);
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
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}
