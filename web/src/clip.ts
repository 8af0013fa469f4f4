// Turns patterns into clips in ticks. The player and the MIDI files of the page both use them.

import type { Cell, System } from './notes';

export const TICKS_PER_QUARTER = 960;
const MIN_DURATION = 0.1; // half notes; the devices clip durations to this range
const MAX_DURATION = 2;
const QUARTERS_PER_HALF_NOTE = 2;
const MIN_EARLY_TICKS = TICKS_PER_QUARTER / 16; // a 64th note

/**
 * A note: MIDI pitch and velocity, start and end in ticks. A downbeat that is a 64th note early or
 * more starts below 0, in the round before; see `startInClip`.
 */
export interface Note {
  pitch: number;
  velocity: number;
  start: number;
  end: number;
}

/** Notes that repeat every `length` ticks, by pitch and start. */
export interface Clip {
  notes: Note[];
  length: number;
}

/** Returns the length of a loop in ticks. */
export function loopTicks(system: System): number {
  return roundHalfEven((system.loopSteps / system.stepsPerQuarter) * TICKS_PER_QUARTER);
}

/**
 * Makes a clip of one pattern.
 *
 * @param movePitch returns the pitch to play in place of another.
 */
export function makeClip(
  cells: Cell[], system: System, movePitch: (pitch: number) => number = (pitch) => pitch,
): Clip {
  const length = loopTicks(system);
  const notes = cells.map((cell) => {
    const quarters = (cell.step + cell.timeshift / 2) / system.stepsPerQuarter;
    const halves = Math.min(MAX_DURATION, Math.max(MIN_DURATION, cell.duration));
    const start = startOfNote(roundHalfEven(quarters * TICKS_PER_QUARTER), length);
    const ticks = roundHalfEven(halves * QUARTERS_PER_HALF_NOTE * TICKS_PER_QUARTER);
    const pitch = movePitch(system.pitches[cell.row]);
    return { pitch, velocity: cell.velocity, start, end: start + Math.max(1, ticks) };
  });
  return { notes: cutNotes(notes, length), length };
}

/** A downbeat less than a 64th note early starts at 0; a note past the end wraps to the beginning. */
export function startOfNote(start: number, length: number): number {
  if (start < 0) return start > -MIN_EARLY_TICKS ? 0 : start;
  return start % length;
}

/**
 * Returns a clip whose early downbeats start at 0 and keep their lengths, as `midi/write.py` writes
 * them: a file cannot start before 0, and no earlier round leads into the first.
 */
export function startInClip({ notes, length }: Clip): Clip {
  const moved = notes.map((note) => (
    note.start < 0 ? { ...note, start: 0, end: note.end - note.start } : note));
  return { notes: cutNotes(moved, length), length };
}

/** Ends notes with the clip and where the next note of their pitch starts; by pitch, then start. */
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

/** Rounds like NumPy: halves go to the even number. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
