// Starts, stops and times several loops together.

import type { Clip } from './clip';
import { Clock, TICKS_PER_CLOCK } from './clock';
import { type Listener, Scheduler } from './scheduler';

const CLOCKS_AHEAD = 0.5; // seconds; clocks do not depend on clips, so a busy page can send them early
const FOLLOWING_AHEAD = 0.1; // seconds; the next clocks of another device are only predicted

/** A MIDI clock is due at `time`. */
type OnClock = (time: number, isRound: boolean) => void;

export class Transport {
  readonly clock: Clock;
  /** Whether another device sets the time; see `Clock.set`. */
  isFollowing = false;
  private readonly loops: { scheduler: Scheduler; getClip: () => Clip }[] = [];
  private pulse = 0; // number of the next clock
  private playing = false;

  /** @param now returns the time in seconds. */
  constructor(now: () => number, tempo: number, private readonly onClock: OnClock = () => {}) {
    this.clock = new Clock(now, tempo);
  }

  get isPlaying(): boolean {
    return this.playing;
  }

  /** Adds a loop; see `Scheduler`. Rounds of the clock are those of the first. */
  add(getClip: () => Clip, listener: Listener, ahead?: number): void {
    this.loops.push({ scheduler: new Scheduler(this.clock, getClip, listener, ahead), getClip });
  }

  /** Starts at a tick. A follower's clock must be set. */
  start(tick = 0): void {
    if (!this.isFollowing) this.clock.start(tick);
    for (const { scheduler } of this.loops) scheduler.tick = tick;
    this.pulse = Math.ceil(tick / TICKS_PER_CLOCK);
    this.playing = true;
    this.advance();
  }

  stop(): void {
    this.playing = false;
  }

  /** Changes the tempo, in quarter notes per minute, of everything that is not yet scheduled. */
  setTempo(tempo: number): void {
    const ticks = this.loops.map(({ scheduler }) => scheduler.tick);
    this.clock.setTempo(tempo, Math.max(...ticks, this.pulse * TICKS_PER_CLOCK));
  }

  /** Schedules everything that starts soon; call it often. */
  advance(): void {
    if (!this.playing) return;
    const ahead = this.isFollowing ? FOLLOWING_AHEAD : CLOCKS_AHEAD;
    const end = this.clock.tickAt(this.clock.now() + ahead);
    const { length } = this.loops[0].getClip();
    for (; this.pulse * TICKS_PER_CLOCK < end; this.pulse++) {
      const tick = this.pulse * TICKS_PER_CLOCK;
      this.onClock(this.clock.timeAt(tick), tick % length === 0);
    }
    for (const { scheduler } of this.loops) scheduler.advance();
  }
}
