// Buttons that mute the voices of a drum model.

import { find } from './dials';

/** One button per row; a click mutes it or not, a click with Shift leaves it alone to be heard. */
export class VoicesPanel {
  private readonly mutedRows = new Set<number>();
  private readonly buttons: Map<number, HTMLButtonElement>;

  /** @param names the name of each row. */
  constructor(names: Record<string, string>, private readonly onChange: () => void) {
    this.buttons = new Map(Object.entries(names).map(([row, name]) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = name;
      button.setAttribute('aria-label', `Mute ${name}`);
      button.addEventListener('click', (event) => this.press(Number(row), event.shiftKey));
      return [Number(row), button];
    }));
    find('voice-buttons').replaceChildren(...this.buttons.values());
    this.show();
  }

  /** Rows that are not heard. */
  get muted(): number[] {
    return [...this.mutedRows];
  }

  set muted(rows: number[]) {
    this.mutedRows.clear();
    for (const row of rows) if (this.buttons.has(row)) this.mutedRows.add(row);
    this.show();
  }

  private press(row: number, isSolo: boolean): void {
    const others = [...this.buttons.keys()].filter((other) => other !== row);
    const isAlone = !this.mutedRows.has(row) && this.mutedRows.size === others.length;
    if (isSolo) this.muted = isAlone ? [] : others;
    else if (this.mutedRows.has(row)) this.muted = this.muted.filter((other) => other !== row);
    else this.muted = [...this.muted, row];
    this.onChange();
  }

  private show(): void {
    for (const [row, button] of this.buttons) {
      button.setAttribute('aria-pressed', String(this.mutedRows.has(row)));
    }
  }
}
