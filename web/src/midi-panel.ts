// The controls of MIDI out and in.

import { fillMenu, find, isPressed, press } from './dials';
import type { MidiMap } from './midi-map';
import type { MidiOut } from './midi-out';
import type { Sync } from './sync';

const NO_MIDI = 'This browser cannot send MIDI. Chrome, Edge and Opera can; '
  + 'Firefox can from a web address, but not from a file.';
const REFUSED = 'The browser did not allow MIDI. Allow it for this page, then try again.';
const SHOW_EVERY = 500; // milliseconds between two looks at the other clock

export class MidiPanel {
  private access: MIDIAccess | null = null;
  private input: MIDIInput | null = null;
  private readonly outMenu = find<HTMLSelectElement>('port');
  private readonly inMenu = find<HTMLSelectElement>('in-port');
  private readonly followButton = find<HTMLButtonElement>('follow');
  private readonly learnButton = find<HTMLButtonElement>('learn');
  private readonly outWords = find('midi-words');
  private readonly inWords = find('in-words');
  private shown = 0; // when the state of the other clock was shown

  /** @param open opens the loudspeakers, which a browser only allows after a click. */
  constructor(
    private readonly out: MidiOut,
    private readonly sync: Sync,
    private readonly map: MidiMap,
    private readonly open: () => Promise<void>,
    private readonly onTempo: (tempo: number | null) => void,
  ) {
    find('connect').addEventListener('click', () => void this.connect());
    find('panic').addEventListener('click', () => out.panic());
    find('forget').addEventListener('click', () => this.forget());
    this.outMenu.addEventListener('change', () => {
      out.choose(this.access!.outputs.get(this.outMenu.value) ?? null);
    });
    this.inMenu.addEventListener('change', () => this.listen());
    this.followButton.addEventListener('click', () => this.toggleFollowing());
    this.learnButton.addEventListener('click', () => {
      press(this.learnButton, !isPressed(this.learnButton));
      this.map.isLearning = isPressed(this.learnButton);
    });
  }

  get isFollowing(): boolean {
    return isPressed(this.followButton);
  }

  /** Whether the page follows a clock that can be heard now. */
  get hearsClock(): boolean {
    return this.isFollowing && !this.sync.isLost(performance.now());
  }

  /** Shows what the other clock does; call it often. */
  watch(): void {
    const now = performance.now();
    const isBusy = isPressed(this.learnButton);
    if (isBusy || !this.isFollowing || now - this.shown < SHOW_EVERY) return;
    this.shown = now;
    const tempo = Math.round(10 * this.sync.tempo) / 10;
    if (this.hearsClock) {
      this.onTempo(tempo);
      this.inWords.textContent = this.sync.isRunning
        ? `Follows the clock at ${tempo} bpm.` : `Clock at ${tempo} bpm. Waits for start.`;
    } else {
      this.inWords.textContent = this.sync.isRunning
        ? `The clock is lost. The loop plays on at ${tempo} bpm until it is back.`
        : 'No clock comes from this port.';
    }
  }

  private async connect(): Promise<void> {
    if (!navigator.requestMIDIAccess) {
      this.outWords.textContent = NO_MIDI;
      return;
    }
    try {
      this.access = await navigator.requestMIDIAccess();
    } catch {
      this.outWords.textContent = REFUSED;
      return;
    }
    this.access.onstatechange = () => this.list();
    this.list();
  }

  private list(): void {
    const outs = this.fill(this.outMenu, this.access!.outputs);
    const ins = this.fill(this.inMenu, this.access!.inputs);
    if (!this.outMenu.value) this.out.lose();
    if (this.inMenu.value !== (this.input?.id ?? '')) this.listen();
    this.outWords.textContent = outs
      ? 'Choose a port. It receives notes, clock, start and stop; start comes with the next round.'
      : 'No MIDI port found. Connect a synth or create a virtual port.';
    if (!ins) this.inWords.textContent = 'No MIDI port found. Connect a controller or a DAW.';
    else if (!this.input) this.inWords.textContent = 'Choose a port. Then follow its clock, or learn its knobs.';
  }

  private fill(menu: HTMLSelectElement, ports: ReadonlyMap<string, MIDIPort>): number {
    const connected = [...ports.values()].filter(({ state }) => state === 'connected');
    const entries = connected.map(({ name, id }): [string, string] => [name ?? id, id]);
    fillMenu(menu, [['No port', ''], ...entries]);
    menu.disabled = !connected.length;
    return connected.length;
  }

  private listen(): void {
    if (this.input) this.input.onmidimessage = null;
    this.sync.stop();
    this.input = this.access!.inputs.get(this.inMenu.value) ?? null;
    if (this.input) this.input.onmidimessage = (event) => this.hear(event);
    for (const id of ['follow', 'learn', 'forget']) {
      find<HTMLButtonElement>(id).disabled = !this.input;
    }
    if (!this.input) {
      this.stopFollowing();
      press(this.learnButton, false);
      this.map.isLearning = false;
    } else {
      this.inWords.textContent = 'Follow the clock of this port, or let its knobs learn. '
        + 'Notes from 36 up recall snapshots.';
    }
  }

  private hear({ data, timeStamp }: MIDIMessageEvent): void {
    if (data![0] < 0xf0) this.map.hear(data!);
    else if (isPressed(this.followButton)) this.sync.hear(data!, timeStamp);
  }

  private toggleFollowing(): void {
    if (isPressed(this.followButton)) {
      this.stopFollowing();
      return;
    }
    void this.open();
    press(this.followButton, true);
    this.inWords.textContent = 'Waits for the clock.';
  }

  private stopFollowing(): void {
    press(this.followButton, false);
    this.sync.stop();
    this.onTempo(null);
  }

  private forget(): void {
    this.map.maps = {};
    this.inWords.textContent = 'No knob moves anything any more. Notes from 36 up recall snapshots.';
  }
}
