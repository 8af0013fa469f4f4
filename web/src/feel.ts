// Changes how a clip feels: swing, velocities, octave.

import { TICKS_PER_QUARTER, type Clip } from './clip';

const EIGHTH = TICKS_PER_QUARTER / 2;
const MAX_VALUE = 127; // of MIDI

export interface Feel {
  /** Where the second sixteenth of an eighth note starts, as a share of it: 0.5 is straight. */
  swing: number;
  /** Factor of the range of velocities; 0 makes all notes equally loud. */
  dynamics: number;
  semitones: number;
}

export function applyFeel({ notes, length }: Clip, { swing, dynamics, semitones }: Feel): Clip {
  const mean = notes.reduce((sum, { velocity }) => sum + velocity, 0) / Math.max(1, notes.length);
  const moved = notes.map((note) => {
    const start = swingTick(note.start, swing);
    return {
      pitch: clamp(note.pitch + semitones, 0),
      velocity: clamp(Math.round(mean + dynamics * (note.velocity - mean)), 1),
      start,
      end: Math.max(start + 1, swingTick(note.end, swing)),
    };
  });
  return { notes: moved, length };
}

/** Stretches the first half of each eighth note, and shrinks the second one. */
function swingTick(tick: number, swing: number): number {
  const start = Math.floor(tick / EIGHTH) * EIGHTH;
  const share = (tick - start) / EIGHTH;
  const moved = share < 0.5 ? 2 * share * swing : swing + (2 * share - 1) * (1 - swing);
  return start + Math.round(moved * EIGHTH);
}

function clamp(value: number, min: number): number {
  return Math.min(MAX_VALUE, Math.max(min, value));
}
