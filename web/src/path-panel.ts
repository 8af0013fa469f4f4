// The controls of a recorded path: record it, play it, take it away.

import type { Clip, Note } from './clip';
import { find, press } from './dials';
import type { Pad } from './pad';
import { Recorder } from './recorder';

/** What the path needs of the page. */
export interface Stage {
  /** Plays, if nothing plays yet. */
  start(): Promise<void>;
  getTick(): number;
  /** The point of the pad. */
  getPlace(): number[];
  save(clip: Clip): void;
}

export class PathPanel {
  private readonly recorder: Recorder;
  private isReplaying = false;

  /** @param round the length of a round in ticks. */
  constructor(private readonly pad: Pad, round: number, private readonly stage: Stage) {
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

  /** Where the path is at a tick, if it is being played. */
  placeAt(tick: number): number[] | null {
    return this.isReplaying ? this.recorder.placeAt(tick) : null;
  }

  endReplay(): void {
    this.showReplay(false);
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
    this.showReplay(false);
    await this.stage.start();
    this.recorder.start(this.stage.getTick(), this.stage.getPlace());
    this.pad.showPath(this.recorder.path);
    this.showRecorder();
  }

  private async toggleReplay(): Promise<void> {
    this.showReplay(!this.isReplaying);
    if (this.isReplaying) await this.stage.start();
  }

  private showReplay(isReplaying: boolean): void {
    this.isReplaying = isReplaying;
    press('replay', isReplaying);
  }

  private showRecorder(): void {
    const { isRecording, isEmpty } = this.recorder;
    press('record', isRecording);
    find('record').querySelector('span')!.textContent = (
      isRecording ? 'End path' : 'Record path');
    for (const id of ['replay', 'save-path']) {
      find<HTMLButtonElement>(id).disabled = isRecording || isEmpty;
    }
  }
}
