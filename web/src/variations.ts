// Loops near a point that differ from each other.

import { drawNormal } from './normal';
import type { Cell } from './notes';

/** Draws points around `z`; `spread` is the standard deviation as a share of the pad's reach. */
export function drawPoints(z: number[], reach: number, spread: number, count: number): number[][] {
  const move = (value: number) => value + spread * reach * drawNormal();
  return Array.from({ length: count }, () => (
    z.map((value) => Math.min(reach, Math.max(-reach, move(value))))));
}

/**
 * Chooses patterns that share as few cells as possible, beginning with the first one. Returns their
 * indices, fewer than `count` if the others are silent or repeat those that are chosen.
 */
export function chooseDifferent(patterns: Cell[][], count: number): number[] {
  const keys = patterns.map((cells) => new Set(cells.map(({ row, step }) => `${row} ${step}`)));
  const chosen: number[] = [];
  const closest: number[] = keys.map(({ size }) => (size ? 0 : 1)); // largest share with a chosen one
  while (chosen.length < count) {
    const next = chosen.length ? closest.indexOf(Math.min(...closest)) : closest.indexOf(0);
    if (next < 0 || closest[next] === 1) return chosen;
    chosen.push(next);
    keys.forEach((key, index) => {
      closest[index] = Math.max(closest[index], shareOf(keys[next], key));
    });
  }
  return chosen;
}

/** Returns twice the number of common keys over the keys of both, from 0 to 1. */
function shareOf(a: Set<string>, b: Set<string>): number {
  const common = [...a].filter((key) => b.has(key)).length;
  return (2 * common) / Math.max(1, a.size + b.size);
}
