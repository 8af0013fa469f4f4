// A picture of the pad: the color shows the mean pitch, the brightness the number of notes.

import type { Decoder } from './decoder';
import { selectNotes, type Choice, type Grids, type System } from './notes';

export const SIDE = 21; // points per side
const AT_ONCE = 7; // points per request, so that a move of the pad does not wait long

/** Decodes a square of points in the background and draws it, one pixel per point. */
export class Terrain {
  readonly canvas = document.createElement('canvas');
  private readonly patterns: (Grids | undefined)[] = [];

  constructor(
    private readonly system: System,
    private choice: Choice,
    private readonly onChange: () => void,
  ) {
    this.canvas.width = this.canvas.height = SIDE;
  }

  /** Decodes all points of z from -reach to reach; dimensions after the second are 0. */
  decode(decoder: Decoder, reach: number, latent: number): void {
    for (let first = 0; first < SIDE * SIDE; first += AT_ONCE) {
      const numbers = Array.from({ length: AT_ONCE }, (_, index) => first + index);
      const points = numbers.map((number) => placePoint(number, reach, latent));
      decoder.decodeLater(points, (patterns) => {
        patterns.forEach((grids, index) => {
          this.patterns[first + index] = grids;
          this.paint(first + index);
        });
        this.onChange();
      });
    }
  }

  /** Draws all points again after a dial has changed. */
  repaint(choice: Choice): void {
    this.choice = choice;
    this.patterns.forEach((_, number) => this.paint(number));
    this.onChange();
  }

  private paint(number: number): void {
    const cells = selectNotes(this.patterns[number]!, this.system, this.choice);
    const rows = cells.reduce((sum, cell) => sum + cell.row, 0) / Math.max(1, cells.length);
    const context = this.canvas.getContext('2d')!;
    const [x, y] = [number % SIDE, Math.floor(number / SIDE)];
    context.clearRect(x, y, 1, 1);
    const fullness = Math.min(1, cells.length / (this.system.stepsPerQuarter * 4));
    context.globalAlpha = 0.1 + 0.9 * Math.sqrt(fullness);
    context.fillStyle = colorRow(rows / Math.max(1, this.system.rows - 1));
    context.fillRect(x, y, 1, 1);
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
