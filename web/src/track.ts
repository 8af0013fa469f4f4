// Plays a loop through the loudspeakers. The page and the report share it.

import { volumeGain, type Speakers } from './audio';
import type { Clip } from './clip';
import type { Listener } from './scheduler';
import { type Instrument, makeInstrument } from './synth';
import type { Transport } from './transport';

/** A loop of a transport with its instrument. */
export class Track {
  private volume: GainNode | null = null;
  private instrument: Instrument | null = null;
  private share = 1;

  /** `listener` learns what is played; see `Scheduler` for `ahead`. */
  constructor(
    private readonly speakers: Speakers,
    transport: Transport,
    getClip: () => Clip,
    private readonly drums: boolean,
    listener: Partial<Listener> = {},
    ahead?: number,
    private sound?: string,
  ) {
    transport.add(getClip, {
      note: (note, time, seconds, tick) => {
        this.open()?.play(note.pitch, note.velocity, time, seconds);
        listener.note?.(note, time, seconds, tick);
      },
      round: () => listener.round?.(),
    }, ahead);
  }

  silence(): void {
    this.instrument?.silence();
  }

  /** Sets the volume, from 0, silent, to 1. */
  setVolume(share: number): void {
    this.share = share;
    this.volume?.gain.setTargetAtTime(volumeGain(share), this.speakers.time, 0.01);
  }

  /** Chooses a sound by its name in `synth.ts`. */
  setSound(sound: string): void {
    this.sound = sound;
    this.instrument = null;
  }

  private open(): Instrument | null {
    const { input } = this.speakers;
    if (!input) return null;
    if (!this.volume) {
      this.volume = new GainNode(input.context, { gain: volumeGain(this.share) });
      this.volume.connect(input);
    }
    return (this.instrument ??= makeInstrument(this.drums, this.volume, this.sound));
  }
}
