// Plays the page's loop through the loudspeakers and the MIDI port.

import type { Clip, Note } from './clip';
import { LoopPlayer } from './loop-player';
import type { MidiOut } from './midi-out';
import { NOTES_AHEAD } from './scheduler';
import { startTicker } from './ticker';

const DRIFT = 0.02; // so that a jump of the audio clock is not heard in the MIDI clock

export interface Heard {
  note(note: Note, tick: number): void;
  round(): void;
}

export class Player {
  private readonly loop: LoopPlayer;
  private isTicking = false;
  private offset = 0;

  constructor(
    getClip: () => Clip,
    drums: boolean,
    private readonly midi: MidiOut,
    heard: Heard,
    tempo: number,
  ) {
    this.loop = new LoopPlayer(getClip, drums, tempo, {
      note: (note, time, seconds, tick) => {
        midi.note(note.pitch, note.velocity, this.toMilliseconds(time), 1000 * seconds);
        heard.note(note, tick);
      },
      clock: (time, isRound) => midi.clock(this.toMilliseconds(time), isRound),
      round: () => heard.round(),
    });
  }

  get isPlaying(): boolean {
    return this.loop.isPlaying;
  }

  /** Starts at the beginning of the loop, after a click or key as browsers demand. */
  async start(): Promise<void> {
    await this.loop.open();
    if (!this.isTicking) startTicker(() => this.advance());
    this.isTicking = true;
    this.offset = this.measureOffset();
    this.loop.start();
  }

  stop(): void {
    if (!this.isPlaying) return;
    this.loop.stop();
    this.midi.stop();
  }

  setTempo(tempo: number): void {
    this.loop.scheduler.setTempo(tempo);
  }

  /** Sets the volume, from 0, silent, to 1. */
  setVolume(share: number): void {
    this.loop.setVolume(share);
  }

  /** Chooses a sound by its name in `synth.ts`. */
  setSound(sound: string): void {
    this.loop.setSound(sound);
  }

  /** Returns the ticks since playing started. */
  position(): number {
    return this.loop.scheduler.position();
  }

  private advance(): void {
    if (!this.isPlaying) return;
    this.offset += DRIFT * (this.measureOffset() - this.offset);
    this.loop.scheduler.advance();
    this.midi.endNotes(performance.now() + 1000 * NOTES_AHEAD);
  }

  /** Converts seconds of the audio clock to the milliseconds of Web MIDI. */
  private toMilliseconds(time: number): number {
    return 1000 * time + this.offset;
  }

  /** Returns how far the clock of Web MIDI is ahead of that of audio, which moves in jumps. */
  private measureOffset(): number {
    return performance.now() - 1000 * this.loop.time;
  }
}
