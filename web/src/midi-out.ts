// Sends notes, clock, start and stop to a port of the computer, through Web MIDI.

import { chooseChannel } from './midi-file';

const CLOCK = 0xf8;
const START = 0xfa;
const STOP = 0xfc;
const CONTROL = 0xb0;
const ALL_SOUND_OFF = 120;
const ALL_NOTES_OFF = 123;
const GAP = 1; // milliseconds between two notes of a pitch, so that no end meets the next start

export const NO_MIDI = 'This browser cannot send MIDI. Chrome, Edge and Opera can; '
  + 'Firefox can from a web address, but not from a file.';

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
  private access: MIDIAccess | null = null;
  private port: MIDIOutput | null = null;
  private readonly channel: number;
  private sounding: Sounding[] = [];
  private isRunning = false;
  private last = 0; // when the last message that was sent is due

  constructor(drums: boolean, private readonly onPorts: (ports: MIDIOutput[]) => void) {
    this.channel = chooseChannel(drums);
  }

  /** Asks the browser for its ports; an error says in a sentence why there are none. */
  async connect(): Promise<void> {
    if (!navigator.requestMIDIAccess) throw new Error(NO_MIDI);
    try {
      this.access = await navigator.requestMIDIAccess();
    } catch {
      throw new Error('The browser did not allow MIDI. Allow it for this page, then try again.');
    }
    this.access.onstatechange = () => this.listPorts();
    this.listPorts();
  }

  /** Chooses a port by its id, or none for ''. A port starts with the next round. */
  choose(id: string): void {
    this.stop();
    this.port = this.access?.outputs.get(id) ?? null;
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
  note(pitch: number, velocity: number, time: number, milliseconds: number): void {
    this.endNotes(time);
    this.send([0x90 | this.channel, pitch, velocity], time);
    const end = time + Math.max(1, milliseconds - GAP);
    this.sounding.push({ channel: this.channel, pitch, end });
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
    this.send([CONTROL | this.channel, ALL_NOTES_OFF, 0], time);
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

  private listPorts(): void {
    const ports = [...this.access!.outputs.values()];
    if (this.port && !ports.some(({ id }) => id === this.port!.id)) this.port = null;
    this.onPorts(ports.filter(({ state }) => state === 'connected'));
  }
}
