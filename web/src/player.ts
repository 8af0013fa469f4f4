// Plays the loops of the page through the loudspeakers and the MIDI port.

import { Speakers } from './audio';
import type { Clip, Note } from './clip';
import type { MidiOut, Route } from './midi-out';
import { NOTES_AHEAD } from './scheduler';
import type { Follows } from './sync';
import { startTicker } from './ticker';
import { Track } from './track';
import { Transport } from './transport';

const DRIFT = 0.02; // so that a jump of the audio clock is not heard in the MIDI clock

/** What the player needs of a loop. */
export interface Part {
  getClip(): Clip;
  drums: boolean;
  /** Returns where a note goes at the MIDI port. */
  route(pitch: number): Route;
  hear(note: Note, tick: number): void;
  round(): void;
}

export class Player implements Follows {
  private readonly speakers = new Speakers();
  private readonly transport: Transport;
  private readonly tracks: Track[] = [];
  private endTicker: (() => void) | null = null;
  private offset = 0;

  /**
   * @param onStart is told that playing has started.
   * @param onStop is told that playing has stopped.
   * @param onTick is called about 40 times per second.
   */
  constructor(
    private tempo: number,
    private readonly midi: MidiOut,
    private readonly onStart: () => void,
    private readonly onStop: () => void,
    private readonly onTick: () => void,
  ) {
    this.transport = new Transport(() => this.speakers.time, tempo, (time, isRound) => {
      midi.clock(this.toMilliseconds(time), isRound);
    });
  }

  add(part: Part): Track {
    const track = new Track(this.speakers, this.transport, part.getClip, part.drums, {
      note: (note, time, seconds, tick) => {
        const route = part.route(note.pitch);
        this.midi.note(route, note.velocity, this.toMilliseconds(time), 1000 * seconds);
        part.hear(note, tick);
      },
      round: () => part.round(),
    });
    this.tracks.push(track);
    return track;
  }

  get isPlaying(): boolean {
    return this.transport.isPlaying;
  }

  /** Opens the loudspeakers, after a click or key as browsers demand. */
  async open(): Promise<void> {
    await this.speakers.open();
    if (!this.isPlaying) this.offset = this.measureOffset();
    this.endTicker ??= startTicker(() => this.advance());
  }

  /** Closes the loudspeakers, which costs less than silence. */
  close(): void {
    this.speakers.close();
    this.endTicker?.();
    this.endTicker = null;
  }

  /** Starts at a tick, once the loudspeakers are open. */
  start(tick = 0): void {
    if (!this.transport.isFollowing) this.offset = this.measureOffset();
    this.transport.start(tick);
    this.onStart();
  }

  stop(): void {
    this.transport.isFollowing = false;
    if (!this.isPlaying) return;
    this.transport.stop();
    for (const track of this.tracks) track.silence();
    this.midi.stop();
    this.onStop();
  }

  setTempo(tempo: number): void {
    this.tempo = tempo;
    this.transport.setTempo(tempo);
  }

  getTempo(): number {
    return this.tempo;
  }

  /** Returns the ticks since playing started. */
  position(): number {
    return this.transport.clock.position();
  }

  /** Follows another device until the player stops: `tick` is at `time` in milliseconds. */
  set(tick: number, time: number, tempo: number): void {
    this.transport.isFollowing = true;
    this.transport.clock.set(tick, (time - this.offset) / 1000, tempo);
  }

  tickAt(time: number): number {
    return this.transport.clock.tickAt((time - this.offset) / 1000);
  }

  private advance(): void {
    this.offset += DRIFT * (this.measureOffset() - this.offset);
    this.transport.advance();
    this.midi.endNotes(performance.now() + 1000 * NOTES_AHEAD);
    this.onTick();
  }

  /** Converts seconds of the audio clock to the milliseconds of Web MIDI. */
  private toMilliseconds(time: number): number {
    return 1000 * time + this.offset;
  }

  /** Returns how far the clock of Web MIDI is ahead of that of audio, which moves in jumps. */
  private measureOffset(): number {
    return performance.now() - 1000 * this.speakers.time;
  }
}
