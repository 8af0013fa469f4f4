// The controls of a recorded path: record it, play it, save it.

import type { Clip, Note } from './clip';
import { press, type Find } from './dials';
import type { Pad } from './pad';
import { Recorder } from './recorder';

const LEAD = 480; // ticks before the path starts; until then its first loop must be decoded

/** What the path needs of the page. */
export interface Stage {
  /** Plays, if nothing plays yet. */
  start(): Promise<void>;
  getTick(): number;
  /** The point of the pad. */
  getPlace(): number[];
  isPlaying(): boolean;
  /** Moves the pad to a point; resolves when its loop is ready to play. */
  show(z: number[]): Promise<void>;
  save(clip: Clip): void;
}

export class PathPanel {
  private readonly recorder: Recorder;
  private origin: number | null = null; // the tick at which the path that is played started

  /** @param round the length of a round in ticks. */
  constructor(
    private readonly find: Find,
    private readonly pad: Pad,
    private readonly round: number,
    private readonly stage: Stage,
  ) {
    this.recorder = new Recorder(round);
    find('record').addEventListener('click', () => this.toggleRecording());
    find('replay').addEventListener('click', () => this.toggleReplay());
    find('save-path').addEventListener('click', () => stage.save(this.recorder.toClip()));
  }

  hear(note: Note, tick: number): void {
    this.recorder.hear(note, tick);
  }

  move(z: number[]): void {
    if (!this.recorder.isRecording) return;
    this.recorder.move(this.stage.getTick(), z);
    this.pad.showPath(this.recorder.path);
  }

  /** Returns where the path is at a tick, if it is played and has started. */
  placeAt(tick: number): number[] | null {
    if (this.origin === null || tick < this.origin - LEAD) return null;
    return this.recorder.placeAt(Math.max(0, tick - this.origin));
  }

  /** Takes a path that was not recorded; see `Recorder.load`. */
  load(path: number[][], clip: Clip): void {
    this.stop();
    this.recorder.load(path, clip);
    this.pad.showPath(this.recorder.path);
    this.showRecorder();
  }

  endReplay(): void {
    this.showReplay(null);
  }

  /** Ends recording and playing the path, because the player stops. */
  stop(): void {
    this.endReplay();
    this.endRecording();
    this.recorder.forget();
  }

  private endRecording(): void {
    if (!this.recorder.isRecording) return;
    this.recorder.stop(this.stage.getTick());
    this.showRecorder();
  }

  private async toggleRecording(): Promise<void> {
    if (this.recorder.isRecording) {
      this.endRecording();
      return;
    }
    this.endReplay();
    await this.stage.start();
    this.recorder.start(this.stage.getTick(), this.stage.getPlace());
    this.pad.showPath(this.recorder.path);
    this.showRecorder();
  }

  /** Plays the path from its beginning, with the next round. */
  private async toggleReplay(): Promise<void> {
    if (this.origin !== null) {
      this.endReplay();
    } else if (this.stage.isPlaying()) {
      this.showReplay(Math.ceil((this.stage.getTick() + LEAD) / this.round) * this.round);
    } else {
      await this.stage.show(this.recorder.placeAt(0));
      this.showReplay(0);
      await this.stage.start();
    }
  }

  private showReplay(origin: number | null): void {
    this.origin = origin;
    press(this.find('replay'), origin !== null);
  }

  private showRecorder(): void {
    const { isRecording, isEmpty } = this.recorder;
    press(this.find('record'), isRecording);
    this.find('record').querySelector('span')!.textContent = (
      isRecording ? 'End path' : 'Record path');
    for (const id of ['replay', 'save-path']) {
      this.find<HTMLButtonElement>(id).disabled = isRecording || isEmpty;
    }
  }
}
