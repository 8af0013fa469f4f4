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
  /** Where the pad stands, and the length of a round in ticks. */
  getPlace(): { z: number[]; length: number };
  save(clip: Clip): void;
}

export class PathPanel {
  private readonly recorder = new Recorder();
  private isReplaying = false;

  constructor(private readonly pad: Pad, private readonly stage: Stage) {
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

  /** Ends recording and playing the path. */
  stop(): void {
    this.showReplay(false);
    if (!this.recorder.isRecording) return;
    this.recorder.stop(this.stage.getTick());
    this.showRecorder();
  }

  private async toggleRecording(): Promise<void> {
    if (this.recorder.isRecording) {
      this.stop();
      return;
    }
    this.showReplay(false);
    await this.stage.start();
    const { z, length } = this.stage.getPlace();
    this.recorder.start(this.stage.getTick(), length, z);
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
