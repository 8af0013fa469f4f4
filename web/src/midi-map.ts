// Lets knobs and keys of a MIDI controller move the page's dials, pads and buttons.

import { SLOTS } from './snapshots';

const NOTE_ON = 0x90;
const CONTROL = 0xb0;
const MAX_VALUE = 127;
const HALF = 64; // from here on, a control presses a button
const SNAPSHOT_NOTES = 36; // the first of the keys that recall snapshots until they are learned
const TARGETS = 'input[type="range"], button, canvas.map';
const AXES = ['x', 'y'];

/** How the page moves a pad: `suffix` names its part. */
type MovePad = (suffix: string, dimension: number, share: number) => void;

export class MidiMap {
  /** Ids of elements by the status byte and the number of a message, such as '176 20'. */
  maps: Record<string, string> = {};
  private isOn = false;
  private target: HTMLElement | null = null;

  /** @param onChange is told what was touched or learned, in a sentence. */
  constructor(
    private readonly suffixes: string[],
    private readonly movePad: MovePad,
    private readonly onChange: (words: string) => void,
  ) {
    for (const name of ['focusin', 'pointerdown']) {
      document.addEventListener(name, (event) => this.touch(event), true);
    }
    document.addEventListener('click', (event) => this.hold(event), true);
  }

  /** While it learns, a touched element takes the next message. */
  set isLearning(isLearning: boolean) {
    this.isOn = isLearning;
    this.mark(null);
    if (isLearning) this.onChange('Touch a dial, a button or a pad. Then move a knob or press a key.');
  }

  /** Acts on a message. */
  hear([status, number, value]: ArrayLike<number> & Iterable<number>): void {
    const isNote = (status & 0xf0) === NOTE_ON;
    if ((!isNote && (status & 0xf0) !== CONTROL) || (isNote && !value)) return;
    const key = `${status} ${number}`;
    if (this.isOn) this.learn(key);
    else this.act(this.maps[key] ?? (isNote ? this.nameSnapshot(number) : ''), isNote, value);
  }

  private nameSnapshot(pitch: number): string {
    const number = pitch - SNAPSHOT_NOTES;
    const suffix = this.suffixes[Math.floor(number / SLOTS)];
    return suffix === undefined ? '' : `snapshot-${(number % SLOTS) + 1}${suffix}`;
  }

  private act(id: string, isNote: boolean, value: number): void {
    const [, axis, suffix] = /^pad-([xy])(.*)$/.exec(id) ?? [];
    const element = document.getElementById(id);
    if (axis) {
      this.movePad(suffix, AXES.indexOf(axis), value / MAX_VALUE);
    } else if (element instanceof HTMLInputElement) {
      const [min, max] = [Number(element.min), Number(element.max)];
      element.value = String(min + (value / MAX_VALUE) * (max - min));
      element.dispatchEvent(new Event('input', { bubbles: true }));
    } else if (isNote || value >= HALF) {
      element?.click();
    }
  }

  private learn(key: string): void {
    if (!this.target) return;
    let { id } = this.target;
    if (this.target.matches('canvas')) {
      const suffix = id.slice('pad'.length);
      const x = `pad-x${suffix}`;
      id = Object.values(this.maps).includes(x) && this.maps[key] !== x ? `pad-y${suffix}` : x;
    }
    this.maps = Object.fromEntries(Object.entries(this.maps).filter(([, other]) => other !== id));
    this.maps[key] = id;
    const name = id.startsWith('pad-') ? `the pad's ${id[4]}` : nameElement(this.target);
    this.onChange(`Learned: ${describeKey(key)} moves ${name}.`);
  }

  private touch({ target }: Event): void {
    if (!this.isOn) return;
    const touched = (target as HTMLElement).closest<HTMLElement>(TARGETS);
    if (!touched?.id || touched.id === 'learn') return;
    this.mark(touched);
    const hint = touched.matches('canvas') ? ' The first knob moves it sideways, the second one up.' : '';
    this.onChange(`${nameElement(touched)}: move a knob or press a key.${hint}`);
  }

  /** Keeps buttons from acting while they are chosen. */
  private hold(event: Event): void {
    if (!this.isOn || !event.isTrusted) return;
    const button = (event.target as HTMLElement).closest('button');
    if (!button || button.id === 'learn') return;
    event.preventDefault();
    event.stopPropagation();
  }

  private mark(target: HTMLElement | null): void {
    this.target?.classList.remove('chosen');
    this.target = target;
    target?.classList.add('chosen');
  }
}

function nameElement(element: HTMLElement): string {
  if (element.matches('canvas')) return 'The pad';
  const label = (element as HTMLInputElement).labels?.[0]?.querySelector('span')?.textContent;
  return element.getAttribute('aria-label') ?? label ?? element.textContent!.trim();
}

function describeKey(key: string): string {
  const [status, number] = key.split(' ').map(Number);
  const kind = (status & 0xf0) === NOTE_ON ? 'note' : 'control';
  return `${kind} ${number} on channel ${(status & 0xf) + 1}`;
}
