/** A rubric file that stands on another; what it says itself wins. */
export function extensionSkeleton(id: string, locale: string, base: string): string {
  return [
    `# A draft that stands on ${base}: it says only what differs. A criterion of a key that the base has changes what it`,
    '# says of it; one of a new key is added; `without` leaves out criteria of the base.',
    `id: ${id}`,
    'version: 0.1.0',
    `title: ${id}, a new rubric for ${locale}`,
    `locale: ${locale}`,
    'status: draft',
    `extends: ${base}`,
    'without: []',
    'criteria: []',
    '',
  ].join('\n');
}
