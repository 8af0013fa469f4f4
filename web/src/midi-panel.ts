// The controls of the MIDI port.

import { fillMenu, find } from './dials';
import { MidiOut } from './midi-out';

export class MidiPanel {
  readonly out: MidiOut;
  private readonly menu = find<HTMLSelectElement>('port');
  private readonly words = find('midi-words');

  constructor(drums: boolean, isPlaying: () => boolean) {
    this.out = new MidiOut(drums, (ports) => this.list(ports));
    find('connect').addEventListener('click', async () => {
      try {
        await this.out.connect();
      } catch (error) {
        this.words.textContent = (error as Error).message;
      }
    });
    this.menu.addEventListener('change', () => this.out.choose(this.menu.value, isPlaying()));
  }

  private list(ports: MIDIOutput[]): void {
    const entries = ports.map(({ name, id }): [string, string] => [name ?? id, id]);
    fillMenu(this.menu, [['No port', ''], ...entries]);
    this.menu.disabled = !ports.length;
    this.words.textContent = ports.length
      ? 'Choose a port: it gets notes, clock, start and stop.'
      : 'There is no MIDI port: plug in a synth, or make a virtual port.';
  }
}
