// Writes a clip as the bytes of a MIDI file of type 0, like `midi/write.py`.

import { startInClip, TICKS_PER_QUARTER, type Clip } from './clip';
import type { System } from './notes';

const DRUM_CHANNEL = 9;

/** Returns the MIDI channel from 0: melodies go to channel 1, drums to channel 10. */
export function chooseChannel(drums: boolean): number {
  return drums ? DRUM_CHANNEL : 0;
}

/**
 * Writes a clip; `tempo` in quarter notes per minute, `metre` such as '3/4'. Early downbeats start
 * at 0.
 */
export function writeMidi(
  clip: Clip, name: string, tempo: number, system: System, metre: string,
): Uint8Array<ArrayBuffer> {
  const channel = chooseChannel(system.messages === 'drums');
  const text = new TextEncoder().encode(name);
  const [numerator, denominator] = metre.split('/').map(Number);
  const microseconds = Math.round(6e7 / tempo);
  const track = [
    0, 0xff, 0x03, ...variableLength(text.length), ...text,
    0, 0xff, 0x51, 3, ...bigEndian(microseconds, 3),
    0, 0xff, 0x58, 4, numerator, Math.log2(denominator), 24, 8,
    0, 0xc0 | channel, 0,
  ];
  let now = 0;
  for (const { tick, message } of listEvents(renamePitches(startInClip(clip), system), channel)) {
    track.push(...variableLength(tick - now), ...message);
    now = tick;
  }
  track.push(...variableLength(clip.length - now), 0xff, 0x2f, 0);
  const ascii = (chunk: string) => [...chunk].map((letter) => letter.charCodeAt(0));
  return Uint8Array.from([
    ...ascii('MThd'), ...bigEndian(6, 4), 0, 0, 0, 1, ...bigEndian(TICKS_PER_QUARTER, 2),
    ...ascii('MTrk'), ...bigEndian(track.length, 4), ...track,
  ]);
}

function renamePitches(clip: Clip, { pitches, savedPitches }: System): Clip {
  const saved = new Map(pitches.map((pitch, row) => [pitch, savedPitches[row]]));
  const moved = savedPitches[0] - pitches[0]; // of melodies that are transposed beyond the rows
  const notes = clip.notes.map((note) => (
    { ...note, pitch: saved.get(note.pitch) ?? note.pitch + moved }));
  return { ...clip, notes };
}

/** Lists starts and ends of notes by time; at one tick, notes end before others start. */
function listEvents(clip: Clip, channel: number): { tick: number; message: number[] }[] {
  const ends = clip.notes.map(({ pitch, end }) => (
    { tick: end, message: [0x80 | channel, pitch, 0] }));
  const starts = clip.notes.map(({ pitch, velocity, start }) => (
    { tick: start, message: [0x90 | channel, pitch, velocity] }));
  return [...ends, ...starts].sort((a, b) => a.tick - b.tick || a.message[0] - b.message[0]);
}

function variableLength(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

function bigEndian(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (value >>> (8 * (count - 1 - index))) & 0xff);
}
