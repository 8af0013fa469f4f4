// Stores the dials, menus, snapshots and point of the page, and makes links that reopen it.

import { find, type Dial } from './dials';
import { linkTo, StateStore, type PageState } from './state';

const SAVE_DELAY = 400; // milliseconds
const CHANGES = ['input', 'change', 'click', 'keyup', 'pointerup'];

/** The part of the page's state that is not in a dial or a menu. */
export type Place = Pick<PageState, 'z' | 'snapshots' | 'muted'>;

export class StatePanel {
  private timer = 0;

  constructor(
    private readonly store: StateStore,
    private readonly dials: Record<string, Dial>,
    private readonly menus: Record<string, HTMLSelectElement>,
    private readonly getPlace: () => Place,
  ) {}

  /** Sets dials and menus as the link says or the page was left, and returns the other part. */
  restore(): Place | null {
    const state = this.store.read();
    if (!state) return null;
    for (const [name, dial] of Object.entries(this.dials)) {
      if (name in state.dials) dial.value = state.dials[name];
    }
    for (const [name, menu] of Object.entries(this.menus)) {
      const isKnown = [...menu.options].some(({ value }) => value === state.menus[name]);
      if (isKnown) menu.value = state.menus[name];
    }
    return state;
  }

  /** Stores the state from now on, soon after each change. */
  follow(): void {
    for (const name of CHANGES) document.addEventListener(name, () => this.saveSoon());
    window.addEventListener('pagehide', () => this.store.write(this.state));
    find('copy-link').addEventListener('click', () => void this.copyLink());
  }

  private get state(): PageState {
    const dials = Object.entries(this.dials).map(([name, dial]) => [name, dial.value]);
    const menus = Object.entries(this.menus).map(([name, menu]) => [name, menu.value]);
    return {
      ...this.getPlace(), dials: Object.fromEntries(dials), menus: Object.fromEntries(menus),
    };
  }

  private saveSoon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.store.write(this.state), SAVE_DELAY);
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
