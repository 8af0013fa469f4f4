// Notes, clock, start and stop to a port of the computer, by Web MIDI.

import { chooseChannel } from './midi-file';

const CLOCK = 0xf8;
const START = 0xfa;
const STOP = 0xfc;
const ALL_NOTES_OFF = 123;

export const NO_MIDI = 'This browser cannot send MIDI. Chrome, Edge and Opera can; '
  + 'Firefox can from a web address, and not from a file.';

/** Sends to the chosen port, or nowhere. Times are in milliseconds of `performance.now()`. */
export class MidiOut {
  private access: MIDIAccess | null = null;
  private port: MIDIOutput | null = null;
  private readonly channel: number;

  constructor(drums: boolean, private readonly onPorts: (ports: MIDIOutput[]) => void) {
    this.channel = chooseChannel(drums);
  }

  /** Asks the browser; an error says in a sentence why it cannot. */
  async connect(): Promise<void> {
    if (!navigator.requestMIDIAccess) throw new Error(NO_MIDI);
    try {
      this.access = await navigator.requestMIDIAccess();
    } catch {
      throw new Error('The browser was not allowed to send MIDI: allow it, and try again.');
    }
    this.access.onstatechange = () => this.listPorts();
    this.listPorts();
  }

  /** Chooses a port by its id; none for ''. */
  choose(id: string, isPlaying: boolean): void {
    if (isPlaying) this.stop();
    this.port = this.access?.outputs.get(id) ?? null;
    if (isPlaying) this.start();
  }

  start(time?: number): void {
    this.port?.send([START], time);
  }

  clock(time: number): void {
    this.port?.send([CLOCK], time);
  }

  note(pitch: number, velocity: number, time: number, milliseconds: number): void {
    this.port?.send([0x90 | this.channel, pitch, velocity], time);
    this.port?.send([0x80 | this.channel, pitch, 0], time + milliseconds);
  }

  stop(): void {
    (this.port as { clear?: () => void } | null)?.clear?.(); // what waits to be sent
    this.port?.send([0xb0 | this.channel, ALL_NOTES_OFF, 0]);
    this.port?.send([STOP]);
  }

  private listPorts(): void {
    const ports = [...this.access!.outputs.values()];
    if (this.port && !ports.some(({ id }) => id === this.port!.id)) this.port = null;
    this.onPorts(ports.filter(({ state }) => state === 'connected'));
  }
}
