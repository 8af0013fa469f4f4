// A path over the pad and the notes that were heard along it.

import { cutNotes, type Clip, type Note } from './clip';

interface Point {
  tick: number;
  z: number[];
}

/** Records from the beginning of a round; ticks count from there. */
export class Recorder {
  private points: Point[] = [];
  private notes: Note[] = [];
  private origin = 0;
  private length = 0;
  private recording = false;

  get isRecording(): boolean {
    return this.recording;
  }

  get isEmpty(): boolean {
    return this.points.length === 0;
  }

  /** The places of the path, in order. */
  get path(): number[][] {
    return this.points.map((point) => point.z);
  }

  /** Begins a new path at a tick of the player, within a round of `length` ticks. */
  start(tick: number, length: number, z: number[]): void {
    this.points = [];
    this.notes = [];
    this.origin = Math.floor(Math.max(0, tick) / length) * length;
    this.length = length;
    this.recording = true;
    this.move(tick, z);
  }

  move(tick: number, z: number[]): void {
    if (this.recording) this.points.push({ tick: Math.max(0, tick - this.origin), z });
  }

  hear(note: Note, tick: number): void {
    if (!this.recording || tick < this.origin) return;
    const start = tick - this.origin;
    this.notes.push({ ...note, start, end: start + note.end - note.start });
  }

  /** Ends with the round in which it is. */
  stop(tick: number): void {
    const rounds = Math.max(1, Math.ceil((tick - this.origin) / this.length));
    this.length *= rounds;
    this.recording = false;
  }

  /** Where the path is at a tick of the player; it begins anew when it has ended. */
  placeAt(tick: number): number[] {
    const time = tick % this.length;
    let place = this.points[0];
    for (const point of this.points) if (point.tick <= time) place = point;
    return place.z;
  }

  /** All that was heard, as one clip of whole rounds. */
  toClip(): Clip {
    return { notes: cutNotes(this.notes, this.length), length: this.length };
  }
}
