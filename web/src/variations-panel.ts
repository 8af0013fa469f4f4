// Saves variations of the loop, and makes paths from one snapshot to another.

import { TICKS_PER_QUARTER, type Clip } from './clip';
import { Dial, fillMenu, type Find } from './dials';
import { joinSlices, placePoints } from './straight-path';
import type { Cell } from './notes';
import { download, type SavePanel } from './save-panel';
import { SLOTS } from './snapshots';
import { chooseDifferent, drawPoints } from './variations';
import { writeZip } from './zip';

const CANDIDATES = 96; // points that variations are chosen from

/** What the panel needs of its part. */
export interface Source {
  reach: number;
  ticksPerBar: number;
  getPlace(): number[];
  /** Returns the point of a snapshot, or null if its slot is empty. */
  getSnapshot(slot: number): number[] | null;
  /** Decodes points in the background and returns the notes of each. */
  decodeAll(points: number[][]): Promise<Cell[][]>;
  makeClip(cells: Cell[]): Clip;
  loadPath(path: number[][], clip: Clip): void;
}

export class VariationsPanel {
  private readonly words: HTMLElement;
  private readonly spread: Dial;

  constructor(
    private readonly find: Find, private readonly files: SavePanel, private readonly source: Source,
  ) {
    this.words = find('variation-words');
    this.spread = new Dial(find('variation-spread'), (value) => `${Math.round(100 * value)} %`, () => {});
    this.spread.value = 0.25;
    const slots = Array.from({ length: SLOTS }, (_, slot): [string, string] => (
      [`Snapshot ${slot + 1}`, String(slot)]));
    fillMenu(find('path-from'), [['Here', ''], ...slots]);
    fillMenu(find('path-to'), [...slots]);
    find('save-variations').addEventListener('click', () => void this.saveZip());
    find('make-path').addEventListener('click', () => void this.makePath());
  }

  private menu(id: string): string {
    return this.find<HTMLSelectElement>(id).value;
  }

  private async saveZip(): Promise<void> {
    const count = Number(this.menu('variation-count'));
    const { reach } = this.source;
    const place = this.source.getPlace();
    this.words.textContent = 'Looking for different loops …';
    const points = [place, ...drawPoints(place, reach, this.spread.value, CANDIDATES)];
    const patterns = await this.source.decodeAll(points);
    const chosen = chooseDifferent(patterns, count);
    if (!chosen.length) {
      this.words.textContent = 'All loops here are silent. Lower the threshold or move the point.';
      return;
    }
    download(writeZip(chosen.map((index, order) => {
      const name = this.files.name(`variation ${String(order + 1).padStart(2, '0')}`);
      const content = this.files.write(this.source.makeClip(patterns[index]), name);
      return { name: `${name}.mid`, content };
    })), `${this.files.name('variations')}.zip`);
    this.words.textContent = chosen.length < count
      ? `There are only ${chosen.length} different loops here. Turn up "How far" for more.`
      : `Saved ${count} variations.`;
  }

  private async makePath(): Promise<void> {
    const from = this.menu('path-from');
    const a = from ? this.source.getSnapshot(Number(from)) : this.source.getPlace();
    const b = this.source.getSnapshot(Number(this.menu('path-to')));
    if (!a || !b) {
      this.words.textContent = 'Store a snapshot there first: click its number.';
      return;
    }
    this.words.textContent = 'Making the path …';
    const ticks = Number(this.menu('path-bars')) * this.source.ticksPerBar;
    const quarters = Math.round(ticks / TICKS_PER_QUARTER);
    const points = placePoints(a, b, quarters);
    const clips = (await this.source.decodeAll(points)).map((cells) => this.source.makeClip(cells));
    this.source.loadPath(points, joinSlices(clips, TICKS_PER_QUARTER));
    this.words.textContent = 'The path is ready: play it or save it as MIDI, under "Save".';
  }
}
