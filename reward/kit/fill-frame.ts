/** A frame with its slots, such as `{person}`, filled. */
export function fillFrame(frame: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce((text, [slot, name]) => text.replaceAll(slot, name), frame);
}
