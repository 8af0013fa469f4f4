// Stores the page's state, takes changes back, and makes links that reopen the page.

import { find } from './dials';
import { download } from './save-panel';
import { chooseRoutes, linkTo, parseMaps, StateStore, type PageState } from './state';

const SAVE_DELAY = 400; // milliseconds
const MAX_UNDO = 100; // steps
const ENDS = ['change', 'click', 'keyup', 'pointerup']; // of one change
const CONTROLS = 'input[type="range"], .routes input, select:not(.port)';

/** What of the state is not in a control. */
export type Rest = Omit<PageState, 'controls'>;

export class StatePanel {
  private timer = 0;
  private present: string;
  private readonly past: string[] = [];
  private readonly controls = [
    ...document.querySelectorAll<HTMLInputElement | HTMLSelectElement>(CONTROLS)];
  private readonly undoButton = find<HTMLButtonElement>('undo');

  /** Sets the page as its link says or it was left, and stores the state from now on. */
  constructor(
    private readonly store: StateStore,
    private readonly getRest: () => Rest,
    private readonly setRest: (rest: Rest) => void,
  ) {
    const state = store.read();
    if (state) this.apply(state);
    this.present = JSON.stringify(this.state);
    document.addEventListener('input', () => this.saveSoon());
    for (const name of ENDS) document.addEventListener(name, () => this.save());
    window.addEventListener('pagehide', () => this.save());
    find('copy-link').addEventListener('click', () => void this.copyLink());
    this.undoButton.addEventListener('click', () => this.undo());
    find('save-maps').addEventListener('click', () => this.saveMaps());
    const file = find<HTMLInputElement>('maps-file');
    find('load-maps').addEventListener('click', () => file.click());
    file.addEventListener('change', () => void this.loadMaps(file));
  }

  /** Takes the last change back. */
  undo(): void {
    this.save();
    const last = this.past.pop();
    if (!last) return;
    this.present = last;
    this.apply(JSON.parse(last));
    this.undoButton.disabled = !this.past.length;
  }

  private get state(): PageState {
    const values = this.controls.map(({ id, value }) => [id, value]);
    return { ...this.getRest(), controls: Object.fromEntries(values) };
  }

  private apply({ controls, ...rest }: PageState): void {
    for (const control of this.controls) {
      const value = controls[control.id];
      if (value === undefined || value === control.value) continue;
      const isMenu = control instanceof HTMLSelectElement;
      if (isMenu && ![...control.options].some((option) => option.value === value)) continue;
      control.value = value;
      control.dispatchEvent(new Event(isMenu ? 'change' : 'input', { bubbles: true }));
    }
    this.setRest(rest);
  }

  private saveSoon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), SAVE_DELAY);
  }

  private save(): void {
    clearTimeout(this.timer);
    const { state } = this;
    const text = JSON.stringify(state);
    if (text === this.present) return;
    this.past.push(this.present);
    if (this.past.length > MAX_UNDO) this.past.shift();
    this.present = text;
    this.undoButton.disabled = false;
    this.store.write(state);
  }

  private saveMaps(): void {
    const { maps, controls } = this.state;
    const text = JSON.stringify({ maps, controls: chooseRoutes(controls) }, null, 2);
    download(new Blob([text], { type: 'application/json' }), 'melodyvae_maps.json');
  }

  private async loadMaps(input: HTMLInputElement): Promise<void> {
    const file = input.files![0];
    input.value = ''; // the same file may be chosen again
    try {
      this.apply({ ...this.state, ...parseMaps(await file.text()) });
      this.save();
      find('maps-words').textContent = `Loaded ${file.name}.`;
    } catch {
      find('maps-words').textContent = `${file.name} holds no maps. Choose a file that this page has saved.`;
    }
  }

  private async copyLink(): Promise<void> {
    const link = linkTo(this.state);
    history.replaceState(null, '', link);
    const words = find('link-words');
    try {
      await navigator.clipboard.writeText(link);
      words.textContent = 'Link copied. It reopens the page as it is now.';
    } catch {
      words.textContent = 'The address of this page now reopens it as it is. Copy it from the browser.';
    }
  }
}
