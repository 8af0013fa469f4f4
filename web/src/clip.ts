// Notes of patterns to a clip in ticks, as `midi/write.py` writes it: heard and downloaded alike.

import type { Cell, System } from './notes';

export const TICKS_PER_QUARTER = 960;
const SHORTEST = 0.1; // half notes; the devices clip durations to this range
const LONGEST = 2;
const QUARTERS_PER_HALF_NOTE = 2;

/** A note: MIDI pitch and velocity, start and end in ticks. */
export interface Note {
  pitch: number;
  velocity: number;
  start: number;
  end: number;
}

/** Notes that repeat every `length` ticks. */
export interface Clip {
  notes: Note[];
  length: number;
}

/** How long a pattern is, in ticks. */
export function loopTicks(system: System): number {
  return roundHalfEven((system.steps / system.stepsPerQuarter) * TICKS_PER_QUARTER);
}

/**
 * One pattern as a clip. It repeats: a note that is early on the first step sounds at the end.
 * `movePitch` gives the pitch that is played in place of another.
 */
export function makeClip(
  cells: Cell[], system: System, movePitch: (pitch: number) => number = (pitch) => pitch,
): Clip {
  const length = loopTicks(system);
  const notes = cells.map((cell) => {
    const quarters = (cell.step + cell.timeshift / 2) / system.stepsPerQuarter;
    const halves = Math.min(LONGEST, Math.max(SHORTEST, cell.duration));
    const start = modulo(roundHalfEven(quarters * TICKS_PER_QUARTER), length);
    const ticks = roundHalfEven(halves * QUARTERS_PER_HALF_NOTE * TICKS_PER_QUARTER);
    const pitch = movePitch(system.pitches[cell.row]);
    return { pitch, velocity: cell.velocity, start, end: start + Math.max(1, ticks) };
  });
  return { notes: cutNotes(notes, length), length };
}

/** Ends notes with the clip, and where the next of their pitch begins; by pitch, then start. */
export function cutNotes(notes: Note[], length: number): Note[] {
  const sorted = notes
    .map((note) => ({ ...note, end: Math.min(note.end, length) }))
    .sort((a, b) => a.pitch - b.pitch || a.start - b.start || a.end - b.end);
  sorted.forEach((note, index) => {
    const next = sorted[index + 1];
    if (next?.pitch === note.pitch) note.end = Math.min(note.end, next.start);
  });
  return sorted.filter((note) => note.end > note.start);
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}

/** Rounds as NumPy does. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
