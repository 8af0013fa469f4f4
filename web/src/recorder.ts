// Records a path over the pad and the notes that were heard along it.

import { cutNotes, type Clip, type Note } from './clip';

interface Point {
  tick: number;
  z: number[];
}

/** A note and the tick of the player at which it started. */
interface Heard {
  note: Note;
  tick: number;
}

/** Records whole rounds, each `round` ticks long. Ticks of a recording count from its first round. */
export class Recorder {
  private points: Point[] = [];
  private recent: Heard[] = [];
  private notes: Heard[] = [];
  private origin = 0;
  private length = 0;
  private isLoop = true;
  private recording = false;

  constructor(private readonly round: number) {}

  get isRecording(): boolean {
    return this.recording;
  }

  get isEmpty(): boolean {
    return this.points.length === 0;
  }

  /** The points of the path, in order. */
  get path(): number[][] {
    return this.points.map((point) => point.z);
  }

  /** Starts a new path at a tick of the player. It includes the notes of the round so far. */
  start(tick: number, z: number[]): void {
    this.points = [];
    this.origin = Math.floor(Math.max(0, tick) / this.round) * this.round;
    this.notes = this.recent.filter((heard) => downbeat(heard) >= this.origin);
    this.recording = this.isLoop = true;
    this.move(tick, z);
  }

  move(tick: number, z: number[]): void {
    if (this.recording) this.points.push({ tick: Math.max(0, tick - this.origin), z });
  }

  hear(note: Note, tick: number): void {
    const heard = { note, tick };
    this.recent = [...this.recent.filter((each) => each.tick > tick - 2 * this.round), heard];
    if (this.recording) this.notes.push(heard);
  }

  /** Forgets the notes before a recording, because the player stopped. */
  forget(): void {
    this.recent = [];
  }

  /** Takes a path that was not recorded, and the clip that it plays. It stays at its end. */
  load(path: number[][], { notes, length }: Clip): void {
    this.points = path.map((z, index) => ({ z, tick: (index * length) / path.length }));
    this.notes = notes.map((note) => ({ note, tick: note.start }));
    this.origin = 0;
    this.length = length;
    this.isLoop = this.recording = false;
  }

  /** Ends at the end of the present round. */
  stop(tick: number): void {
    const rounds = Math.max(1, Math.ceil((tick - this.origin) / this.round));
    this.length = rounds * this.round;
    this.recording = false;
  }

  /** Returns the point of the path `tick` ticks after it started. What was recorded repeats. */
  placeAt(tick: number): number[] {
    const time = this.isLoop ? tick % this.length : tick;
    let place = this.points[0];
    for (const point of this.points) if (point.tick <= time) place = point;
    return place.z;
  }

  /** Returns the notes that were heard as one clip of whole rounds. */
  toClip(): Clip {
    const inside = this.notes.filter((heard) => downbeat(heard) < this.origin + this.length);
    const notes = inside.map(({ note, tick }) => {
      const start = tick - this.origin;
      return { ...note, start, end: start + note.end - note.start };
    });
    return { notes: cutNotes(notes, this.length), length: this.length };
  }
}

/** The tick from which a note counts: for an early downbeat, the start of its round. */
function downbeat({ note, tick }: Heard): number {
  return tick - Math.min(0, note.start);
}
