// Compares what sounds with the library's loops, by the cells where notes start.

import type { Library } from './data';
import type { Cell, System } from './notes';

export interface Verdict {
  kind: 'copy' | 'variation' | 'new';
  /** Number of the nearest loop of the library. */
  loop: number;
  /** Semitones or rows that the loop is moved by. */
  shift: number;
  /** Twice the number of common cells over the cells of both, from 0 to 1. */
  share: number;
}

const MIN_VARIATION = 0.5; // share

/**
 * Compares a pattern with all loops of a library, moved as for training. Returns null if it is
 * silent, and the first of several that are equally near.
 */
export function findNearest(cells: Cell[], library: Library, system: System): Verdict | null {
  if (!cells.length) return null;
  const rowsAt: number[][] = Array.from({ length: system.steps }, () => []);
  for (const { row, step } of cells) rowsAt[step].push(row);
  // Common cells by shift, counted from -rows.
  const common = new Int16Array(2 * system.rows);
  let best: Verdict | null = null;
  for (let number = 0; number < library.loops.length; number++) {
    const { rows, steps } = library.loops[number];
    let [low, high] = [system.rows, -1];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index];
      low = Math.min(low, row);
      high = Math.max(high, row);
      for (const played of rowsAt[steps[index]]) common[played - row + system.rows]++;
    }
    for (const shift of library.shifts) {
      const isTrained = low + shift >= 0 && high + shift < system.rows;
      const count = isTrained ? common[shift + system.rows] : 0;
      const share = (2 * count) / (rows.length + cells.length);
      if (!best || share > best.share) best = { kind: nameShare(share), loop: number, shift, share };
    }
    common.fill(0);
  }
  return best;
}

function nameShare(share: number): Verdict['kind'] {
  if (share === 1) return 'copy';
  return share >= MIN_VARIATION ? 'variation' : 'new';
}
