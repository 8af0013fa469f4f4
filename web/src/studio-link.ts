// What a page can do while the studio serves it: follow a model that learns, and place clips.

import { type PageData, type Place, readData } from './data';
import { find } from './dials';
import { readDrop } from './dropped';
import type { Run } from './run-card';

export interface LinkListener {
  /** There is another model. */
  renew(data: PageData): void;
  /** A clip has been placed. */
  mark(places: Place[]): void;
  /** A hand has chosen one of its loops. */
  choose(place: Place): void;
}

const MOST_LISTED = 6;
const GONE = 'The studio does not answer: start melodyvae_studio again.';

export class StudioLink {
  private readonly address: string;
  private readonly words = find('clip-words');
  private clip: File | null = null;
  private run: Run | undefined;
  private isRenewing = false;

  /**
   * @param name of the run.
   * @param live when the model was written that is played; 0 if it has ended learning.
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

  /** Asks where a clip lies and shows that, or the sentence that says why it lies nowhere. */
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
        this.words.textContent = 'The squares on the map are its loops; at an edge are those beyond it.';
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
    find('clip-loops').replaceChildren(...places.slice(0, MOST_LISTED).map((place) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = place.name;
      button.addEventListener('click', () => this.listener.choose(place));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }));
  }

  /** Takes each newer model of a run that learns, and at last the one that it ends with. */
  private follow(): void {
    const events = new EventSource('/events');
    events.onmessage = ({ data }) => {
      this.run = (JSON.parse(data) as Run[]).find(({ name }) => name === this.name);
      if (!this.isLearning) events.close();
      void this.catchUp();
    };
    events.onerror = () => this.tell(GONE);
  }

  private get isLearning(): boolean {
    return this.run?.state === 'training';
  }

  private get isBehind(): boolean {
    return this.isLearning ? this.run!.live > this.live : this.live > 0;
  }

  private async catchUp(): Promise<void> {
    if (this.isRenewing) return;
    this.isRenewing = true;
    while (this.isBehind && await this.renew());
    this.isRenewing = false;
    this.describe();
  }

  /** Fetches the model of now; false if there is none, as after a training was killed. */
  private async renew(): Promise<boolean> {
    const answer = await fetch(`${this.address}/data`).catch(() => null);
    if (!answer?.ok) return false;
    const data = await readData(await answer.text());
    this.live = data.studio!.live;
    this.listener.renew(data);
    if (this.clip) await this.locate(this.clip);
    return true;
  }

  private describe(): void {
    if (this.isLearning) {
      const done = this.run!.curves.objective?.length ?? 0;
      this.tell(`Still learning, ${done} of ${this.run!.epochs} epochs: a newer model comes now and then.`);
    } else if (this.live) {
      this.tell('It has stopped learning: this is the last model that there is.');
    } else if (!find('learning').hidden) {
      this.tell('It has stopped learning: this is the model that it ends with.');
    }
  }

  private tell(words: string): void {
    find('learning').textContent = words;
    find('learning').hidden = false;
  }
}
