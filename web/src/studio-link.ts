// Connects a page to the studio that serves it: follows the training, and places clips.

import { type PartData, type Place, readData } from './data';
import { find, makeButton } from './dials';
import { readDrop } from './dropped';
import { followRuns } from './follow-runs';
import type { Run } from './run-card';

export interface LinkListener {
  /** Training has written another model; `isLive` says that it goes on. */
  renew(data: PartData, isLive: boolean): void;
  /** A clip has been encoded. */
  mark(places: Place[]): void;
  /** One of its loops was chosen. */
  choose(place: Place): void;
}

const MAX_LISTED = 6;
const RENEWAL_SHARE = 0.05; // of the time, at most, for newer models during training
const MIN_PAUSE = 20_000; // milliseconds from one to the next
const GONE = 'The studio does not answer. Start melodyvae studio again.';

export class StudioLink {
  private readonly address: string;
  private readonly words = find('clip-words');
  private clip: File | null = null;
  private run: Run | undefined;
  private isRenewing = false;
  private dueAt = 0; // when a newer model may be fetched during training

  /**
   * @param name the name of the run.
   * @param live when the model of the page was written; 0 after training.
   */
  constructor(
    private readonly name: string,
    private live: number,
    private readonly listener: LinkListener,
  ) {
    this.address = `/runs/${encodeURIComponent(name)}`;
    this.takeClips();
    this.follow();
  }

  private takeClips(): void {
    const input = find<HTMLInputElement>('clip');
    input.addEventListener('change', () => void this.place(input.files![0]));
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', async (event) => {
      event.preventDefault();
      const [file] = await readDrop(event.dataTransfer!);
      void this.place(file);
    });
  }

  private async place(file: File | undefined): Promise<void> {
    if (!file) return;
    this.clip = file;
    const places = await this.locate(file);
    if (places) this.listener.choose(places[0]);
  }

  /** Asks for the points of a clip and shows them, or the sentence that says why there are none. */
  private async locate(file: File): Promise<Place[] | null> {
    const form = new FormData();
    form.set('clip', file, file.name);
    let places: Place[] = [];
    try {
      const answer = await fetch(`${this.address}/locate`, { method: 'POST', body: form });
      const text = await answer.text();
      if (answer.ok) {
        const { name, loops } = JSON.parse(text) as {
          name: string; loops: { position: number; z: number[] }[];
        };
        places = loops.map(({ position, z }) => ({ name: `${name}, loop ${position + 1}`, z }));
        this.words.textContent = 'Squares on the map show its loops. Loops beyond the pad are at its edge.';
      } else {
        this.words.textContent = text.startsWith('{') ? JSON.parse(text).error : text;
      }
    } catch {
      this.words.textContent = GONE;
    }
    this.list(places);
    this.listener.mark(places);
    return places.length ? places : null;
  }

  private list(places: Place[]): void {
    find('clip-loops').replaceChildren(...places.slice(0, MAX_LISTED).map((place) => {
      const item = document.createElement('li');
      item.append(makeButton(place.name, () => this.listener.choose(place)));
      return item;
    }));
  }

  /** Loads each newer model during training, and the final one after it. */
  private follow(): void {
    const end = followRuns((runs) => {
      this.run = runs.find(({ name }) => name === this.name);
      // A browser keeps few streams open; a run that was stopped may go on.
      if (!this.run || this.run.state === 'finished') end();
      void this.catchUp();
    }, () => this.tell(GONE));
  }

  private get isLearning(): boolean {
    return this.run?.state === 'training';
  }

  private get isBehind(): boolean {
    if (!this.isLearning) return this.live > 0;
    return this.run!.live > this.live && performance.now() > this.dueAt;
  }

  private async catchUp(): Promise<void> {
    if (this.isRenewing) return;
    this.isRenewing = true;
    while (this.isBehind && await this.renew());
    this.isRenewing = false;
    this.describe();
  }

  /** Fetches the present model; returns false if there is none, for example after a crash. */
  private async renew(): Promise<boolean> {
    const began = performance.now();
    const answer = await fetch(`${this.address}/data`).catch(() => null);
    if (!answer?.ok) return false;
    const data = await readData(await answer.text());
    this.live = data.studio!.live;
    this.listener.renew(data.parts[0], this.live > 0);
    if (this.clip) await this.locate(this.clip);
    const now = performance.now();
    this.dueAt = this.live && now + Math.max(MIN_PAUSE, (now - began) / RENEWAL_SHARE);
    return true;
  }

  private describe(): void {
    if (this.isLearning) {
      this.tell(`Still learning, ${this.run!.done} of ${this.run!.epochs} epochs. The page loads newer models as they come.`);
    } else if (this.live || !find('learning').hidden) {
      const hasEnded = this.run?.state === 'finished';
      this.tell(hasEnded ? 'Training has ended. This is the final model.'
        : 'Training has stopped. This is its last model.');
    }
  }

  private tell(words: string): void {
    find('learning').textContent = words;
    find('learning').hidden = false;
  }
}
