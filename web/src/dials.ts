// The page's sliders and choices, by the id of their element.

/** Returns an element that the page always has. */
export type Find = <T extends HTMLElement>(id: string) => T;

/** Finds the elements of a part of the page, whose ids end with `suffix`. */
export function findIn(suffix: string): Find {
  return <T extends HTMLElement>(id: string) => document.getElementById(id + suffix) as T;
}

export const find = findIn('');

/** Shows what went wrong, in a sentence; '' for nothing. */
export function showTrouble(sentence: string): void {
  find('trouble').textContent = sentence;
  find('trouble').hidden = !sentence;
}

/** Shows whether a toggle button is on. */
export function press(button: HTMLElement, isDown: boolean): void {
  button.setAttribute('aria-pressed', String(isDown));
}

export function isPressed(button: HTMLElement): boolean {
  return button.getAttribute('aria-pressed') === 'true';
}

export function makeButton(name: string, onClick: (event: MouseEvent) => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = name;
  button.addEventListener('click', onClick);
  return button;
}

/** A slider with its number beside it. */
export class Dial {
  private readonly output: HTMLOutputElement | null;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly format: (value: number) => string,
    onChange: (value: number) => void,
  ) {
    this.output = input.closest('label')!.querySelector('output');
    input.addEventListener('input', () => {
      this.show();
      onChange(this.value);
    });
  }

  get value(): number {
    return Number(this.input.value);
  }

  set value(value: number) {
    this.input.value = String(value);
    this.show();
  }

  set isHidden(isHidden: boolean) {
    this.input.closest('label')!.hidden = isHidden;
  }

  /** Sets the maximum and the value. */
  setUp(max: number, value: number): void {
    this.input.max = String(max);
    this.value = value;
  }

  private show(): void {
    const words = this.format(this.value);
    if (this.output) this.output.textContent = words;
    this.input.setAttribute('aria-valuetext', words);
    const { min, max } = this.input;
    const share = (this.value - Number(min)) / (Number(max) - Number(min));
    this.input.style.setProperty('--share', String(share));
  }
}

/** Fills a menu with names and values. */
export function fillMenu(menu: HTMLSelectElement, entries: [name: string, value: string][]): void {
  const { value } = menu;
  menu.replaceChildren(...entries.map(([name, entry]) => new Option(name, entry)));
  if (entries.some(([, entry]) => entry === value)) menu.value = value;
}
