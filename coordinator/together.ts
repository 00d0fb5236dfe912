/**
 * Several pieces of work at the same time, and what each came to. Where one fails, the others are waited for before the first
 * failure is thrown: nobody is at work any more when the caller looks for a way out.
 */
export async function together<Work extends readonly unknown[] | []>(
  work: Work,
): Promise<{ -readonly [Place in keyof Work]: Awaited<Work[Place]> }> {
  const settled = await Promise.allSettled(work);
  for (const one of settled) {
    if (one.status === 'rejected') throw one.reason;
  }
  return Promise.all(work);
}
