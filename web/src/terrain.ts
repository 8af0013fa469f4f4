// A picture of the pad: the color shows the mean pitch, the brightness the number of notes.

import type { Decoder } from './decoder';
import { selectNotes, type Choice, type Grids, type System } from './notes';

export const SIDE = 21; // points per side
const AT_ONCE = 7; // points per request, so that a move of the pad does not wait long

/** Decodes a square of points in the background and draws it, one pixel per point. */
export class Terrain {
  readonly canvas = document.createElement('canvas');
  private readonly patterns = new Map<number, Grids>();
  private stride = 1; // points from one that is decoded to the next

  constructor(
    private readonly system: System,
    private choice: Choice,
    private readonly onChange: () => void,
  ) {
    this.canvas.width = this.canvas.height = SIDE;
  }

  /**
   * Decodes points of z from -reach to reach; dimensions after the second are 0.
   *
   * @param isCoarse decodes every fourth one of each dimension, which leaves processors to a training.
   */
  decode(decoder: Decoder, reach: number, latent: number, isCoarse: boolean): void {
    this.stride = isCoarse ? 4 : 1;
    this.patterns.clear();
    const all = Array.from({ length: SIDE * SIDE }, (_, number) => number);
    const some = all.filter((number) => (
      (number % SIDE) % this.stride === 0 && Math.floor(number / SIDE) % this.stride === 0));
    for (let first = 0; first < some.length; first += AT_ONCE) {
      const numbers = some.slice(first, first + AT_ONCE);
      const points = numbers.map((number) => placePoint(number, reach, latent));
      decoder.decodeLater(points, (patterns) => {
        patterns.forEach((grids, index) => {
          this.patterns.set(numbers[index], grids);
          this.paint(grids, numbers[index]);
        });
        this.onChange();
      });
    }
  }

  /** Draws all points again after a dial has changed. */
  repaint(choice: Choice): void {
    this.choice = choice;
    this.patterns.forEach((grids, number) => this.paint(grids, number));
    this.onChange();
  }

  private paint(grids: Grids, number: number): void {
    const cells = selectNotes(grids, this.system, this.choice);
    const rows = cells.reduce((sum, cell) => sum + cell.row, 0) / Math.max(1, cells.length);
    const context = this.canvas.getContext('2d')!;
    const half = Math.floor(this.stride / 2);
    const [x, y] = [number % SIDE - half, Math.floor(number / SIDE) - half];
    context.clearRect(x, y, this.stride, this.stride);
    const fullness = Math.min(1, cells.length / (this.system.stepsPerQuarter * 4));
    context.globalAlpha = 0.1 + 0.9 * Math.sqrt(fullness);
    context.fillStyle = colorRow(rows / Math.max(1, this.system.rows - 1));
    context.fillRect(x, y, this.stride, this.stride);
  }
}

/** Returns z of a point, numbered row by row from the upper left corner. */
function placePoint(number: number, reach: number, latent: number): number[] {
  const z = new Array(latent).fill(0);
  z[0] = ((number % SIDE) / (SIDE - 1)) * 2 * reach - reach;
  if (latent > 1) z[1] = reach - (Math.floor(number / SIDE) / (SIDE - 1)) * 2 * reach;
  return z;
}

/**
 * Returns a color from violet for low rows to amber for high ones; the share is from 0 to 1.
 *
 * @param low lightness of the lowest row; `high` is that of the highest one.
 */
export function colorRow(share: number, low = 0.5, high = 0.78): string {
  // Mean pitches lie in the middle: spread them.
  const spread = Math.min(1, Math.max(0, (share - 0.5) * 1.7 + 0.5));
  return `oklch(${low + (high - low) * spread} 0.18 ${280 + 155 * spread})`;
}
