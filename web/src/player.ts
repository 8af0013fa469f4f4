// What is heard: the scheduler with the page's synth and the MIDI port behind it.

import * as Tone from './tone';

import type { Clip, Note } from './clip';
import type { MidiOut } from './midi-out';
import { NOTES_AHEAD, Scheduler } from './scheduler';
import { makeInstrument, type Instrument } from './synth';

const QUIETEST = -40; // decibels, at the foot of the volume
const DRIFT = 0.02; // so that a jump of the audio clock is not heard in the MIDI clock

export interface Heard {
  note(note: Note, tick: number): void;
  round(): void;
}

export class Player {
  private instrument: Instrument | null = null;
  private offset = 0;
  private readonly scheduler: Scheduler;

  constructor(
    getClip: () => Clip,
    private readonly drums: boolean,
    private readonly midi: MidiOut,
    heard: Heard,
    tempo: number,
  ) {
    this.scheduler = new Scheduler(() => Tone.getContext().currentTime, getClip, {
      note: (note, time, seconds, tick) => {
        this.instrument!.play(note.pitch, note.velocity, time, seconds);
        this.midi.note(note.pitch, note.velocity, this.toMilliseconds(time), 1000 * seconds);
        heard.note(note, tick);
      },
      clock: (time, isRound) => this.midi.clock(this.toMilliseconds(time), isRound),
      round: () => heard.round(),
    }, tempo);
  }

  get isPlaying(): boolean {
    return this.scheduler.isPlaying;
  }

  /** Begins with the loop; browsers allow sound only after a click or a key. */
  async start(): Promise<void> {
    await wake();
    if (!this.instrument) {
      this.instrument = makeInstrument(this.drums, Tone.getContext().destination);
      // A worker's clock, which goes on while the tab is hidden.
      Tone.getContext().on('tick', () => this.advance());
    }
    this.offset = measureOffset();
    this.scheduler.start();
    this.advance();
  }

  stop(): void {
    if (!this.isPlaying) return;
    this.scheduler.stop();
    this.instrument?.silence();
    this.midi.stop();
  }

  setTempo(tempo: number): void {
    this.scheduler.setTempo(tempo);
  }

  /** From 0, silent, to 1. */
  setVolume(share: number): void {
    Tone.getContext().destination.volume.value = share ? QUIETEST * (1 - share) : -Infinity;
  }

  /** Ticks since playing began. */
  position(): number {
    return this.scheduler.position();
  }

  private advance(): void {
    this.offset += DRIFT * (measureOffset() - this.offset);
    this.scheduler.advance();
    this.midi.endNotes(performance.now() + 1000 * NOTES_AHEAD);
  }

  /** A time of the audio clock, in seconds, on the clock of Web MIDI. */
  private toMilliseconds(time: number): number {
    return 1000 * time + this.offset;
  }
}

/** Starts the audio context, and waits until it runs. */
async function wake(): Promise<void> {
  await Tone.start();
  const context = Tone.getContext();
  if (context.state !== 'running') {
    await new Promise((resolve) => context.once('statechange', resolve));
  }
}

/** How far the clock of Web MIDI is ahead of that of audio, which moves in jumps. */
function measureOffset(): number {
  return performance.now() - 1000 * Tone.getContext().currentTime;
}
