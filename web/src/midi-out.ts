// Sends notes, clock, start and stop to a port of the computer, through Web MIDI.

import { CLOCK, START, STOP } from './sync';

const CONTROL = 0xb0;
const ALL_SOUND_OFF = 120;
const ALL_NOTES_OFF = 123;
const GAP = 1; // milliseconds between two notes of a pitch, so that no end meets the next start

/** Where a note goes: `channel` from 0, `delay` in milliseconds. */
export interface Route {
  pitch: number;
  channel: number;
  delay: number;
}

/** A note that sounds until `end`. */
interface Sounding {
  channel: number;
  pitch: number;
  end: number;
}

/**
 * Sends to the chosen port, or nowhere. Times are in milliseconds of `performance.now()`.
 *
 * A port cannot be asked to forget what was sent ahead of time in every browser. So notes end with
 * messages that are sent as late as possible, and STOP comes after the last clock.
 */
export class MidiOut {
  private port: MIDIOutput | null = null;
  private sounding: Sounding[] = [];
  private readonly channels = new Set<number>(); // that got notes
  private isRunning = false;
  private last = 0; // when the last message that was sent is due

  /** Chooses a port or none. A port starts with the next round. */
  choose(port: MIDIOutput | null): void {
    this.stop();
    this.port = port;
  }

  /** Forgets the port, because it is gone. */
  lose(): void {
    this.port = null;
  }

  /** Sends a clock; the first of a round starts a port that does not run yet. */
  clock(time: number, isRound: boolean): void {
    if (isRound && !this.isRunning) {
      this.isRunning = true;
      this.send([START], time);
    }
    this.send([CLOCK], time);
  }

  /** Starts a note at `time`; `endNotes` ends it. */
  note({ pitch, channel, delay }: Route, velocity: number, time: number, milliseconds: number): void {
    const start = time + delay;
    for (const note of this.sounding) {
      if (note.pitch === pitch && note.channel === channel) note.end = Math.min(note.end, start - GAP);
    }
    this.endNotes(start);
    this.send([0x90 | channel, pitch, velocity], start);
    this.channels.add(channel);
    this.sounding.push({ channel, pitch, end: start + Math.max(1, milliseconds - GAP) });
  }

  /** Sends the ends of the notes that end until `time`. */
  endNotes(time: number): void {
    const due = this.sounding.filter(({ end }) => end <= time).sort((a, b) => a.end - b.end);
    this.sounding = this.sounding.filter(({ end }) => end > time);
    for (const { channel, pitch, end } of due) this.send([0x80 | channel, pitch, 0], end);
  }

  /** Ends all notes and stops the port. */
  stop(): void {
    const clear = (this.port as { clear?: () => void } | null)?.clear;
    if (clear) {
      clear.call(this.port);
      this.last = 0;
    }
    const time = Math.max(performance.now(), this.last);
    for (const { channel, pitch } of this.sounding) this.send([0x80 | channel, pitch, 0], time);
    this.sounding = [];
    for (const channel of this.channels) this.send([CONTROL | channel, ALL_NOTES_OFF, 0], time);
    this.channels.clear();
    if (this.isRunning) this.send([STOP], time);
    this.isRunning = false;
    this.last = 0;
  }

  /** Silences every channel of the port, whatever sounds there. */
  panic(): void {
    const time = Math.max(performance.now(), this.last);
    for (let channel = 0; channel < 16; channel++) {
      for (const control of [ALL_SOUND_OFF, ALL_NOTES_OFF]) {
        this.send([CONTROL | channel, control, 0], time);
      }
    }
  }

  private send(bytes: number[], time: number): void {
    this.port?.send(bytes, time);
    this.last = Math.max(this.last, time);
  }
}
