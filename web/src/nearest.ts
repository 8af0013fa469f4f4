// Is what sounds new, or one of the library's own loops? By the cells where notes begin.

import type { Library } from './data';
import type { Cell, System } from './notes';

export interface Verdict {
  kind: 'copy' | 'variation' | 'new';
  /** Number of the nearest own loop. */
  loop: number;
  /** Semitones or rows that the loop is moved by. */
  shift: number;
  /** Twice the common cells over the cells of both, from 0 to 1. */
  share: number;
}

const VARIATION = 0.5; // least share

/** Compares a pattern with all loops of a library, moved as for training; null if it is silent. */
export function findNearest(cells: Cell[], library: Library, system: System): Verdict | null {
  if (!cells.length) return null;
  const played = new Uint8Array(system.rows * system.steps);
  for (const cell of cells) played[cell.row * system.steps + cell.step] = 1;
  let best: Verdict | null = null;
  library.loops.forEach((loop, number) => {
    for (const shift of library.shifts) {
      const common = countCommon(loop.rows, loop.steps, played, shift, system);
      const share = (2 * common) / (loop.rows.length + cells.length);
      if (!best || share > best.share) best = { kind: nameShare(share), loop: number, shift, share };
    }
  });
  return best;
}

function countCommon(
  rows: number[], steps: number[], played: Uint8Array, shift: number, system: System,
): number {
  let common = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] + shift;
    if (row < 0 || row >= system.rows) return 0; // it was not trained on
    common += played[row * system.steps + steps[index]];
  }
  return common;
}

function nameShare(share: number): Verdict['kind'] {
  if (share === 1) return 'copy';
  return share >= VARIATION ? 'variation' : 'new';
}
