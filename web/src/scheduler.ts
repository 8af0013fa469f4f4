// Plays a clip in time, a little ahead of it: whoever asks often enough hears no gap.

import { TICKS_PER_QUARTER, type Clip, type Note } from './clip';

export const CLOCKS_PER_QUARTER = 24; // of MIDI
const TICKS_PER_CLOCK = TICKS_PER_QUARTER / CLOCKS_PER_QUARTER;
const AHEAD = 0.12; // seconds

export interface Listener {
  /** A note begins at `time` and lasts `seconds`; `tick` counts from where playing began. */
  note(note: Note, time: number, seconds: number, tick: number): void;
  clock(time: number): void;
  /** The clip begins anew. */
  round(): void;
}

/** Counts the time of a clip that may change at any moment; all times in seconds. */
export class Scheduler {
  private anchorTime = 0;
  private anchorTick = 0;
  private doneTick = 0;
  private playing = false;
  private beginning = 0;

  constructor(
    private readonly now: () => number,
    private readonly getClip: () => Clip,
    private readonly listener: Listener,
    private tempo: number,
  ) {}

  get isPlaying(): boolean {
    return this.playing;
  }

  /** When playing began. */
  get startTime(): number {
    return this.beginning;
  }

  start(): void {
    this.anchorTime = this.beginning = this.now() + AHEAD / 2;
    this.anchorTick = this.doneTick = 0;
    this.playing = true;
  }

  stop(): void {
    this.playing = false;
  }

  /** Quarter notes a minute, from what is not yet scheduled on. */
  setTempo(tempo: number): void {
    this.anchorTime = this.timeAt(this.doneTick);
    this.anchorTick = this.doneTick;
    this.tempo = tempo;
  }

  /** Where playing is now, in ticks since it began; below 0 just before. */
  position(): number {
    return this.anchorTick + (this.now() - this.anchorTime) * this.ticksPerSecond;
  }

  /** Schedules all that begins until a moment from now. */
  advance(): void {
    if (!this.playing) return;
    const goal = Math.floor(this.position() + AHEAD * this.ticksPerSecond);
    while (this.playing && this.doneTick < goal) {
      const { length } = this.getClip();
      const roundEnd = (Math.floor(this.doneTick / length) + 1) * length;
      if (this.doneTick % length === 0) this.listener.round();
      this.schedule(this.doneTick, Math.min(goal, roundEnd));
    }
  }

  /** What begins from one tick to before another of the same round. */
  private schedule(from: number, to: number): void {
    const { notes, length } = this.getClip();
    const round = Math.floor(from / length) * length;
    for (let clock = Math.ceil(from / TICKS_PER_CLOCK); clock * TICKS_PER_CLOCK < to; clock++) {
      this.listener.clock(this.timeAt(clock * TICKS_PER_CLOCK));
    }
    const due = notes.filter((note) => note.start + round >= from && note.start + round < to);
    for (const note of due.sort((a, b) => a.start - b.start)) {
      const tick = note.start + round;
      const seconds = (note.end - note.start) / this.ticksPerSecond;
      this.listener.note(note, this.timeAt(tick), seconds, tick);
    }
    this.doneTick = to;
  }

  private get ticksPerSecond(): number {
    return (this.tempo / 60) * TICKS_PER_QUARTER;
  }

  private timeAt(tick: number): number {
    return this.anchorTime + (tick - this.anchorTick) / this.ticksPerSecond;
  }
}
