// Finds a tempo from taps.

const MAX_PAUSE = 2500; // milliseconds; a longer one starts again
const MAX_TAPS = 8;

/** Averages the last taps. */
export class TapTempo {
  private taps: number[] = [];

  /** Adds a tap at a time in milliseconds and returns the tempo in bpm; null for the first tap. */
  tap(time: number): number | null {
    if (time - (this.taps.at(-1) ?? time) > MAX_PAUSE) this.taps = [];
    this.taps = [...this.taps, time].slice(-MAX_TAPS);
    const beats = this.taps.length - 1;
    return beats ? (60_000 * beats) / (time - this.taps[0]) : null;
  }
}
