// Plays a loop through the loudspeakers. The page and the report share it.

import { addLimiter, volumeGain } from './audio';
import type { Clip } from './clip';
import { type Listener, Scheduler } from './scheduler';
import { type Instrument, makeInstrument } from './synth';

/** The scheduler in the time of an audio context, with an instrument. */
export class LoopPlayer {
  readonly scheduler: Scheduler;
  private context: AudioContext | null = null;
  private volume: GainNode | null = null;
  private instrument: Instrument | null = null;
  private share = 1;

  /** `listener` learns what is played; see `Scheduler` for the others. */
  constructor(
    getClip: () => Clip,
    private readonly drums: boolean,
    tempo: number,
    listener: Partial<Listener> = {},
    private sound?: string,
  ) {
    this.scheduler = new Scheduler(() => this.time, getClip, {
      note: (note, time, seconds, tick) => {
        this.instrument?.play(note.pitch, note.velocity, time, seconds);
        listener.note?.(note, time, seconds, tick);
      },
      clock: (time, isRound) => listener.clock?.(time, isRound),
      round: () => listener.round?.(),
    }, tempo);
  }

  /** Seconds of the audio clock. */
  get time(): number {
    return this.context?.currentTime ?? 0;
  }

  get isPlaying(): boolean {
    return this.scheduler.isPlaying;
  }

  /** Opens the audio, after a click or key as browsers demand; resolves when its clock runs. */
  async open(): Promise<void> {
    if (!this.context) {
      this.context = new AudioContext();
      this.volume = new GainNode(this.context, { gain: volumeGain(this.share) });
      this.volume.connect(addLimiter(this.context.destination));
      this.setSound(this.sound);
    }
    await this.context.resume();
  }

  /** Starts at the beginning of the loop; call `scheduler.advance` often from then on. */
  start(): void {
    this.scheduler.start();
    this.scheduler.advance();
  }

  stop(): void {
    this.scheduler.stop();
    this.instrument?.silence();
  }

  /** Sets the volume, from 0, silent, to 1. */
  setVolume(share: number): void {
    this.share = share;
    this.volume?.gain.setTargetAtTime(volumeGain(share), this.time, 0.01);
  }

  /** Chooses a sound by its name in `synth.ts`. */
  setSound(sound: string | undefined): void {
    this.sound = sound;
    if (this.volume) this.instrument = makeInstrument(this.drums, this.volume, sound);
  }
}
