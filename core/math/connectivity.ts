import { MajlisError } from '../errors.js';
import type { Comparisons } from './comparisons.js';

/** Items by the group within which comparisons lead from one to the other. */
export interface ItemGroups {
  readonly count: number;
  /** Group of each item, numbered by its first item. An item that nobody compared is a group of its own. [item] */
  readonly groupOf: Int32Array;
}

/** The connected components of the comparison graph. Strengths of different groups were never compared. */
export function connectedGroups({ items, first, second }: Comparisons): ItemGroups {
  const parent = Int32Array.from({ length: items }, (_, item) => item);
  const rootOf = (item: number): number => {
    let root = item;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  for (let row = 0; row < first.length; row += 1) {
    const one = rootOf(first[row]);
    const other = rootOf(second[row]);
    // The smaller root stays, so that a group is named by its first item whatever the order of rows.
    if (one < other) parent[other] = one;
    else parent[one] = other;
  }
  const numbers = new Int32Array(items);
  const groupOf = new Int32Array(items);
  let count = 0;
  for (let item = 0; item < items; item += 1) {
    const root = rootOf(item);
    if (root === item) {
      numbers[item] = count;
      count += 1;
    }
    groupOf[item] = numbers[root];
  }
  return { count, groupOf };
}

/**
 * Refuses comparisons that have no finite strengths of largest likelihood: those exist if and only if, however the items
 * are parted in two, some item of each part won against one of the other (Ford 1957, Am. Math. Monthly 64:28). A tie
 * counts as a win for both. A prior makes this unnecessary.
 */
export function requireWinsBothWays(comparisons: Comparisons): void {
  const { count, groupOf } = connectedGroups(comparisons);
  if (count > 1) {
    const other = groupOf.findIndex((group) => group !== 0);
    throw noOptimum(`the comparisons fall into ${count} groups: none leads from item 0 to item ${other}`);
  }
  for (const winsLead of [true, false]) {
    const reached = reachedFromFirst(comparisons, winsLead);
    const missed = reached.indexOf(0);
    if (missed < 0) continue;
    // What wins lead to from item 0 are those it beats, at first or second hand.
    const [losers, winner] = winsLead ? ['0', missed] : [String(missed), 0];
    throw noOptimum(`item ${losers} and its like never won against others, such as item ${winner}`);
  }
}

function reachedFromFirst(
  { items, first, second, wins, losses, ties }: Comparisons,
  winsLead: boolean,
): Uint8Array {
  const reached = new Uint8Array(items);
  if (items > 0) reached[0] = 1;
  const next: number[][] = Array.from({ length: items }, () => []);
  for (let row = 0; row < first.length; row += 1) {
    const forth = winsLead ? wins[row] : losses[row];
    const back = winsLead ? losses[row] : wins[row];
    if (forth + ties[row] > 0) next[first[row]].push(second[row]);
    if (back + ties[row] > 0) next[second[row]].push(first[row]);
  }
  const waiting = items > 0 ? [0] : [];
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    for (const other of next[item]) {
      if (reached[other] === 1) continue;
      reached[other] = 1;
      waiting.push(other);
    }
  }
  return reached;
}

function noOptimum(why: string): MajlisError {
  return new MajlisError(`No finite strengths fit best: ${why}. Give the strengths a prior.`, {
    code: 'failed_precondition',
  });
}
