// Eight places on the pad, each stored with the dials and the key.

import { makeButton } from './dials';

export const SLOTS = 8;

/** Fills an element with slots. A click stores the present state in an empty one, or recalls it. */
export class Snapshots<State extends { z: number[] }> {
  private readonly slots: (State | null)[] = new Array(SLOTS).fill(null);
  private readonly buttons: HTMLButtonElement[];

  constructor(
    parent: HTMLElement,
    private readonly reach: number,
    private readonly take: () => State,
    private readonly recall: (state: State) => void,
    suffix: string,
  ) {
    this.buttons = this.slots.map((_, slot) => {
      const button = makeButton(String(slot + 1), (event) => this.use(slot, event.shiftKey));
      button.id = `snapshot-${slot + 1}${suffix}`;
      return button;
    });
    parent.replaceChildren(...this.buttons);
    this.slots.forEach((_, slot) => this.show(slot));
  }

  /** What the slots hold, from the first on. */
  get all(): (State | null)[] {
    return [...this.slots];
  }

  set all(states: (State | null)[]) {
    this.slots.forEach((_, slot) => {
      this.slots[slot] = states[slot] ?? null;
      this.show(slot);
    });
  }

  /** Recalls a slot; stores the present state there if it is empty, or `replace`. */
  use(slot: number, replace: boolean): void {
    const kept = this.slots[slot];
    if (kept && !replace) {
      this.recall(kept);
      return;
    }
    this.slots[slot] = this.take();
    this.show(slot);
  }

  private show(slot: number): void {
    const button = this.buttons[slot];
    const kept = this.slots[slot];
    button.setAttribute('aria-label', kept
      ? `Snapshot ${slot + 1}: go to ${kept.z.map((x) => x.toFixed(2)).join(', ')}`
      : `Snapshot ${slot + 1}: store this place`);
    button.classList.toggle('kept', kept !== null);
    const [right, up] = [0, 1].map((axis) => (kept?.z[axis] ?? 0) / this.reach);
    button.style.setProperty('--x', `${50 + 50 * right}%`);
    button.style.setProperty('--y', `${50 - 50 * up}%`);
  }
}
