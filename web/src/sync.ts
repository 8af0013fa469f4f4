// Follows the clock, start, stop, continue and song position of another device.

import { CLOCKS_PER_QUARTER, TICKS_PER_CLOCK } from './clock';
import { Follower } from './follower';

const SONG_POSITION = 0xf2;
export const CLOCK = 0xf8;
export const START = 0xfa;
export const CONTINUE = 0xfb;
export const STOP = 0xfc;
const CLOCKS_PER_SIXTEENTH = 6;

/** What is followed acts on the player. Times are in milliseconds. */
export interface Follows {
  /** Starts at a tick, whose time `set` has told. */
  start(tick: number): void;
  stop(): void;
  /** `tick` is at `time`. */
  set(tick: number, time: number, tempo: number): void;
  /** Returns the tick that plays at a time. */
  tickAt(time: number): number;
  getTempo(): number;
}

export class Sync {
  private readonly follower = new Follower();
  private number = 0; // of the last clock since the song began
  private isArmed = false; // the next clock starts or goes on
  private running = false;

  constructor(private readonly player: Follows) {}

  /** Whether the other device plays. */
  get isRunning(): boolean {
    return this.running;
  }

  isLost(time: number): boolean {
    return this.follower.isLost(time);
  }

  /** In quarter notes per minute; that of the player until two clocks have come. */
  get tempo(): number {
    const { period } = this.follower;
    return period ? 60_000 / (CLOCKS_PER_QUARTER * period) : this.player.getTempo();
  }

  /** Acts on a message of the port. */
  hear([status, low, high]: ArrayLike<number> & Iterable<number>, time: number): void {
    if (status === CLOCK) this.count(time);
    if (status === START) this.arm(0);
    if (status === CONTINUE) this.isArmed = true;
    if (status === STOP) this.stop();
    if (status === SONG_POSITION) {
      this.number = (low + 128 * high) * CLOCKS_PER_SIXTEENTH - 1;
      this.isArmed ||= this.running;
    }
  }

  /** Starts with the next clock: in the bar of a song that runs, or at its beginning. */
  join(): void {
    if (this.running) this.isArmed = true;
    else this.arm(0);
  }

  private arm(number: number): void {
    this.number = number - 1;
    this.isArmed = true;
  }

  /** Stops following. */
  stop(): void {
    if (this.running) this.player.stop();
    this.running = this.isArmed = false;
  }

  private count(time: number): void {
    if (this.running && this.isLost(time)) {
      this.number = Math.round(this.player.tickAt(time) / TICKS_PER_CLOCK);
    } else if (this.running || this.isArmed) {
      this.number++;
    }
    this.follower.hear(time);
    if (!this.running && !this.isArmed) return;
    const tick = this.number * TICKS_PER_CLOCK;
    this.player.set(tick, this.follower.time, this.tempo);
    if (this.isArmed) this.player.start(tick);
    this.running = true;
    this.isArmed = false;
  }
}
