// What a page can do while the studio serves it: follow a model that learns, and place clips.

import type { PageData } from './data';
import { find } from './dials';
import { readDrop } from './dropped';
import type { Run } from './run-card';

/** A loop of a dropped clip. */
export interface Place {
  name: string;
  z: number[];
}

export interface LinkListener {
  /** There is another model. */
  renew(data: PageData): void;
  /** A clip has been placed. */
  mark(places: Place[]): void;
  /** A hand has chosen one of its loops. */
  choose(place: Place): void;
}

const MOST_LISTED = 6;

export class StudioLink {
  private readonly address: string;
  private readonly words = find('clip-words');
  private clip: File | null = null;
  private live = 0;

  constructor(
    private readonly name: string,
    private readonly read: (json: string) => Promise<PageData>,
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
        this.words.textContent = 'The squares on the map are its loops.';
      } else {
        this.words.textContent = text.startsWith('{') ? JSON.parse(text).error : text;
      }
    } catch {
      this.words.textContent = 'The studio does not answer: start melodyvae_studio again.';
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
    events.onmessage = async ({ data }) => {
      const run = (JSON.parse(data) as Run[]).find(({ name }) => name === this.name);
      const isLearning = run?.state === 'training';
      this.describe(run);
      if (!isLearning) events.close();
      if (isLearning ? run.live > this.live : this.live) {
        this.live = isLearning ? run.live : 0;
        await this.renew();
      }
    };
  }

  private describe(run: Run | undefined): void {
    const words = find('learning');
    if (run?.state === 'training') {
      const done = run.curves.objective?.length ?? 0;
      words.textContent = `Still learning, ${done} of ${run.epochs} epochs: what you hear is the model of now.`;
      words.hidden = false;
    } else if (!words.hidden) {
      words.textContent = 'It has stopped learning: this is the model that it ends with.';
    }
  }

  private async renew(): Promise<void> {
    const answer = await fetch(`${this.address}/data`).catch(() => null);
    if (!answer?.ok) return; // the next one will do
    this.listener.renew(await this.read(await answer.text()));
    if (this.clip) await this.locate(this.clip);
  }
}
