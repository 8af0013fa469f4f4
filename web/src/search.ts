// Finds own loops by the name of their file.

import type { Library } from './data';

const MOST_FOUND = 6;

/** The name of an own loop, as people count. */
export function nameLoop(library: Library, loop: number): string {
  const { file, position } = library.loops[loop];
  return `${library.files[file]}, loop ${position + 1}`;
}

/** Lists the loops whose names hold what is typed, each a button that chooses it. */
export function offerSearch(
  input: HTMLInputElement, list: HTMLElement, library: Library, choose: (loop: number) => void,
): void {
  const names = library.loops.map((_, loop) => nameLoop(library, loop));
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = names.flatMap((name, loop) => (
      words.length && words.every((word) => name.toLowerCase().includes(word)) ? [loop] : []));
    list.replaceChildren(...found.slice(0, MOST_FOUND).map((loop) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = names[loop];
      button.addEventListener('click', () => choose(loop));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }));
    if (words.length && found.length !== Math.min(found.length, MOST_FOUND)) {
      const rest = document.createElement('li');
      rest.textContent = `and ${found.length - MOST_FOUND} more`;
      list.append(rest);
    } else if (words.length && !found.length) {
      const none = document.createElement('li');
      none.textContent = 'No file of that name';
      list.append(none);
    }
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') list.querySelector('button')?.click();
  });
}
