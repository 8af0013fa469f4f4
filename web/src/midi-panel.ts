// The controls of MIDI out.

import { fillMenu, find } from './dials';
import { MidiOut } from './midi-out';

export class MidiPanel {
  readonly out: MidiOut;
  private readonly menu = find<HTMLSelectElement>('port');
  private readonly words = find('midi-words');

  constructor(drums: boolean) {
    this.out = new MidiOut(drums, (ports) => this.list(ports));
    find('connect').addEventListener('click', async () => {
      try {
        await this.out.connect();
      } catch (error) {
        this.words.textContent = (error as Error).message;
      }
    });
    this.menu.addEventListener('change', () => this.out.choose(this.menu.value));
  }

  private list(ports: MIDIOutput[]): void {
    const entries = ports.map(({ name, id }): [string, string] => [name ?? id, id]);
    fillMenu(this.menu, [['No port', ''], ...entries]);
    this.menu.disabled = !ports.length;
    this.words.textContent = ports.length
      ? 'Choose a port. It receives notes, clock, start and stop; start comes with the next round.'
      : 'No MIDI port found. Connect a synth or create a virtual port.';
  }
}
