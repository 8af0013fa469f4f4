// Predicts the clocks of another device from those that came, which are late or early by a few ms.

const MIN_GAIN = 0.02; // of the time of a clock; the first ones count more
const MIN_RATE = MIN_GAIN ** 2 / (2 - MIN_GAIN); // of the period, so that neither overshoots
const FAR = 5; // ms that a clock may be off
const MAX_FAR = 6; // clocks in a row that are off to one side mean another tempo
const LEARNED = 3; // clocks that still count after the tempo has changed
const LOST = 500; // ms without a clock

/**
 * Fits a line through the times of clocks, with the gains of an alpha-beta filter: a fit of least
 * squares at first, then one that forgets (Benedict and Bordner, 1962). Times are in milliseconds.
 */
export class Follower {
  /** Smoothed time of the last clock. */
  time = 0;
  /** Smoothed time between two clocks; 0 after fewer than two. */
  period = 0;
  private last = -Infinity; // when the last clock came
  private count = 0;
  private far = 0; // clocks in a row that came too late, or below 0, too early

  hear(time: number): void {
    if (this.isLost(time)) this.restart(time);
    this.last = time;
    const number = ++this.count;
    const error = time - (this.time + this.period);
    const spread = number * (number + 1);
    this.time += this.period + Math.max(MIN_GAIN, (2 * (2 * number - 1)) / spread) * error;
    if (number > 1) this.period += Math.max(MIN_RATE, 6 / spread) * error;
    this.watch(error);
  }

  /** Whether no clock has come for a while. */
  isLost(time: number): boolean {
    return time - this.last > LOST;
  }

  /** Starts again at a time, with the period of before if there was one. */
  private restart(time: number): void {
    this.time = time - this.period;
    this.count = this.period ? LEARNED : 0;
    this.far = 0;
  }

  /** Learns quickly again if the tempo has changed. */
  private watch(error: number): void {
    const side = Math.abs(error) > FAR ? Math.sign(error) : 0;
    this.far = side && side === Math.sign(this.far || side) ? this.far + side : side;
    if (Math.abs(this.far) < MAX_FAR) return;
    this.count = Math.min(this.count, LEARNED);
    this.far = 0;
  }
}
