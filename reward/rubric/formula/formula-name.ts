/** A criterion's name in a formula: a hyphen would be read as a minus. Keys have no underscores, so none collide. */
export function formulaName(key: string): string {
  return key.replaceAll('-', '_');
}
