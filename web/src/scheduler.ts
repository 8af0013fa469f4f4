// Schedules the notes and clocks of a clip a little ahead of time.

import { startInClip, TICKS_PER_QUARTER, type Clip, type Note } from './clip';

export const CLOCKS_PER_QUARTER = 24; // of MIDI
const TICKS_PER_CLOCK = TICKS_PER_QUARTER / CLOCKS_PER_QUARTER;
export const NOTES_AHEAD = 0.15; // seconds
const CLOCKS_AHEAD = 0.5; // clocks do not depend on the clip, so a busy page can send them early
const START_DELAY = 0.06; // seconds

export interface Listener {
  /** A note starts at `time` and lasts `seconds`; `tick` counts from where playing started. */
  note(note: Note, time: number, seconds: number, tick: number): void;
  clock(time: number, isRound: boolean): void;
  /** The notes of another round are about to be scheduled. */
  round(): void;
}

/** From `tick` on, which sounds at `time`, the tempo is `tempo`. */
interface Anchor {
  tick: number;
  time: number;
  tempo: number;
}

/** Counts the time of a clip that may change at any moment. All times are in seconds. */
export class Scheduler {
  private anchors: [Anchor, ...Anchor[]];
  notesAhead = NOTES_AHEAD; // seconds; longer ones suit clips that do not change
  private noteTick = 0; // all notes before it are scheduled
  private clock = 0; // number of the next clock
  private playing = false;

  constructor(
    private readonly now: () => number,
    private readonly getClip: () => Clip,
    private readonly listener: Listener,
    private tempo: number,
  ) {
    this.anchors = [{ tick: 0, time: 0, tempo }];
  }

  get isPlaying(): boolean {
    return this.playing;
  }

  start(): void {
    this.anchors = [{ tick: 0, time: this.now() + START_DELAY, tempo: this.tempo }];
    this.noteTick = this.clock = 0;
    this.playing = true;
  }

  stop(): void {
    this.playing = false;
  }

  /** Changes the tempo, in quarter notes per minute, of everything that is not yet scheduled. */
  setTempo(tempo: number): void {
    this.tempo = tempo;
    const tick = Math.max(this.noteTick, this.clock * TICKS_PER_CLOCK);
    const earlier = this.anchors.filter((anchor) => anchor.tick < tick);
    const needed = earlier.findLastIndex((anchor) => anchor.time <= this.now());
    const time = this.timeAt(tick);
    this.anchors = [...earlier.slice(Math.max(0, needed)), { tick, time, tempo }] as [Anchor];
  }

  /** Returns the position now, in ticks since playing started; below 0 just before. */
  position(): number {
    return this.tickAt(this.now());
  }

  /** Schedules everything that starts soon. */
  advance(): void {
    if (!this.playing) return;
    const clocksEnd = this.tickAt(this.now() + CLOCKS_AHEAD);
    for (; this.clock * TICKS_PER_CLOCK < clocksEnd; this.clock++) {
      const tick = this.clock * TICKS_PER_CLOCK;
      this.listener.clock(this.timeAt(tick), tick % this.getClip().length === 0);
    }
    const end = Math.floor(this.tickAt(this.now() + this.notesAhead));
    while (this.playing && this.noteTick < end) {
      const { length } = this.getClip();
      const roundEnd = (Math.floor(this.noteTick / length) + 1) * length;
      if (this.noteTick % length === 0) this.listener.round();
      this.schedule(this.noteTick, Math.min(end, roundEnd));
    }
  }

  /** Schedules the notes from one tick to before another of the same round. */
  private schedule(from: number, to: number): void {
    const clip = this.getClip();
    const round = Math.floor(from / clip.length) * clip.length;
    for (const { note, start, end } of listRound(clip, round === 0)) {
      const tick = round + start;
      if (tick < from || tick >= to) continue;
      const time = this.timeAt(tick);
      this.listener.note(note, time, this.timeAt(round + end) - time, tick);
    }
    this.noteTick = to;
  }

  private timeAt(tick: number): number {
    const anchor = this.anchors.findLast((each) => each.tick <= tick) ?? this.anchors[0];
    return anchor.time + ((tick - anchor.tick) / TICKS_PER_QUARTER) * (60 / anchor.tempo);
  }

  private tickAt(time: number): number {
    const anchor = this.anchors.findLast((each) => each.time <= time) ?? this.anchors[0];
    return anchor.tick + (time - anchor.time) * (anchor.tempo / 60) * TICKS_PER_QUARTER;
  }
}

/**
 * Lists the notes that start in a round, by start, in ticks from its beginning. Early downbeats of
 * the next round are among them and sound across the seam; those of the first round start at 0.
 */
function listRound(clip: Clip, isFirst: boolean): { note: Note; start: number; end: number }[] {
  const { notes, length } = clip;
  const early = notes.filter(({ start }) => start < 0);
  const inside = (isFirst ? startInClip(clip).notes : notes).filter(({ start }) => start >= 0);
  return [
    ...inside.map((note) => {
      const next = early.find(({ pitch }) => pitch === note.pitch);
      const end = next ? Math.min(note.end, length + next.start) : note.end;
      return { note, start: note.start, end: Math.max(note.start + 1, end) };
    }),
    ...early.map((note) => ({ note, start: length + note.start, end: length + note.end })),
  ].sort((a, b) => a.start - b.start);
}
