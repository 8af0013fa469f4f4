// Schedules the notes of a clip a little ahead of time.

import { startInClip, type Clip, type Note } from './clip';
import type { Clock } from './clock';

export const NOTES_AHEAD = 0.15; // seconds

export interface Listener {
  /** A note starts at `time` and lasts `seconds`; `tick` counts from where playing started. */
  note(note: Note, time: number, seconds: number, tick: number): void;
  /** The notes of another round are about to be scheduled. */
  round(): void;
}

/** Schedules a clip that may change at any moment. All times are in seconds. */
export class Scheduler {
  /** All notes before this tick are scheduled. */
  tick = 0;

  /** @param ahead how early notes are scheduled; long ones suit clips that do not change. */
  constructor(
    private readonly clock: Clock,
    private readonly getClip: () => Clip,
    private readonly listener: Listener,
    private readonly ahead = NOTES_AHEAD,
  ) {}

  /** Schedules all notes that start soon. */
  advance(): void {
    const end = Math.floor(this.clock.tickAt(this.clock.now() + this.ahead));
    while (this.tick < end) {
      const { length } = this.getClip();
      const roundEnd = (Math.floor(this.tick / length) + 1) * length;
      if (this.tick % length === 0) this.listener.round();
      this.schedule(this.tick, Math.min(end, roundEnd));
    }
  }

  /** Schedules the notes from one tick to before another of the same round. */
  private schedule(from: number, to: number): void {
    const clip = this.getClip();
    const round = Math.floor(from / clip.length) * clip.length;
    for (const { note, start, end } of listRound(clip, round === 0)) {
      const tick = round + start;
      if (tick < from || tick >= to) continue;
      const time = this.clock.timeAt(tick);
      this.listener.note(note, time, this.clock.timeAt(round + end) - time, tick);
    }
    this.tick = to;
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
