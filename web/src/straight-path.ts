// A straight path from one point of the pad to another.

import { cutNotes, type Clip } from './clip';

/** Returns `count` points from `from` to `to`, both included. */
export function placePoints(from: number[], to: number[], count: number): number[][] {
  return Array.from({ length: count }, (_, index) => {
    const share = index / Math.max(1, count - 1);
    return from.map((value, axis) => value + share * (to[axis] - value));
  });
}

/** Joins clips of one length into one that plays each for `slice` ticks, in turn. */
export function joinSlices(clips: Clip[], slice: number): Clip {
  const length = clips.length * slice;
  const notes = clips.flatMap((clip, index) => {
    const from = (index * slice) % clip.length;
    return clip.notes.flatMap((note) => {
      const start = (note.start + clip.length) % clip.length; // an early downbeat ends its round
      if (start < from || start >= from + slice) return [];
      const at = index * slice + start - from;
      return [{ ...note, start: at, end: at + note.end - note.start }];
    });
  });
  return { notes: cutNotes(notes, length), length };
}
