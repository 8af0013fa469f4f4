// Finds loops of the library by the names of their files.

import type { Library } from './data';
import { makeButton } from './dials';

const MAX_FOUND = 6;

/** Names a loop of the library, counted from 1. */
export function nameLoop(library: Library, loop: number): string {
  const { file, position } = library.loops[loop];
  return `${library.files[file]}, loop ${position + 1}`;
}

/** Lists a button for each loop whose name contains the typed words. */
export function offerSearch(
  input: HTMLInputElement, list: HTMLElement, library: Library, choose: (loop: number) => void,
): void {
  const names = library.loops.map((_, loop) => nameLoop(library, loop));
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = names.flatMap((name, loop) => (
      words.length && words.every((word) => name.toLowerCase().includes(word)) ? [loop] : []));
    list.replaceChildren(...found.slice(0, MAX_FOUND).map((loop) => {
      const item = document.createElement('li');
      item.append(makeButton(names[loop], () => choose(loop)));
      return item;
    }));
    if (words.length && found.length !== Math.min(found.length, MAX_FOUND)) {
      const rest = document.createElement('li');
      rest.textContent = `and ${found.length - MAX_FOUND} more`;
      list.append(rest);
    } else if (words.length && !found.length) {
      const none = document.createElement('li');
      none.textContent = 'No file has that name';
      list.append(none);
    }
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') list.querySelector('button')?.click();
  });
}
