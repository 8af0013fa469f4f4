// The time of loops: at which second each tick sounds.

import { TICKS_PER_QUARTER } from './clip';

export const CLOCKS_PER_QUARTER = 24; // of MIDI
export const TICKS_PER_CLOCK = TICKS_PER_QUARTER / CLOCKS_PER_QUARTER;
const START_DELAY = 0.06; // seconds

/** From `tick` on, which sounds at `time`, the tempo is `tempo`. */
interface Anchor {
  tick: number;
  time: number;
  tempo: number;
}

/** Converts between ticks and seconds; `tempo` in quarter notes per minute. */
export class Clock {
  private anchors: [Anchor, ...Anchor[]];

  constructor(readonly now: () => number, private tempo: number) {
    this.anchors = [{ tick: 0, time: 0, tempo }];
  }

  /** Starts at a tick, soon. */
  start(tick: number): void {
    this.set(tick, this.now() + START_DELAY, this.tempo);
  }

  /** Follows another clock: `tick` sounds at `time`, and all others follow from the tempo. */
  set(tick: number, time: number, tempo: number): void {
    this.tempo = tempo;
    this.anchors = [{ tick, time, tempo }];
  }

  /** Changes the tempo from a tick on. */
  setTempo(tempo: number, tick: number): void {
    this.tempo = tempo;
    const earlier = this.anchors.filter((anchor) => anchor.tick < tick);
    const needed = earlier.findLastIndex((anchor) => anchor.time <= this.now());
    const time = this.timeAt(tick);
    this.anchors = [...earlier.slice(Math.max(0, needed)), { tick, time, tempo }] as [Anchor];
  }

  /** Returns the present tick; just before the start, one before the first. */
  position(): number {
    return this.tickAt(this.now());
  }

  timeAt(tick: number): number {
    const anchor = this.anchors.findLast((each) => each.tick <= tick) ?? this.anchors[0];
    return anchor.time + ((tick - anchor.tick) / TICKS_PER_QUARTER) * (60 / anchor.tempo);
  }

  tickAt(time: number): number {
    const anchor = this.anchors.findLast((each) => each.time <= time) ?? this.anchors[0];
    return anchor.tick + (time - anchor.time) * (anchor.tempo / 60) * TICKS_PER_QUARTER;
  }
}
