// What the page says about the library: its size, the search, and the loop under the pointer.

import type { Library } from './data';
import type { Find } from './dials';
import { chooseDots } from './dots';
import { nameLoop, offerSearch } from './search';

const HINT = 'Drag, touch, or use the arrow keys.';
const DOTS = ' Click a dot to go to one of your loops.';

/** Shows how large the library is, and how much of it a pad from -`reach` to `reach` holds. */
export function showSize(find: Find, { total, files, loops }: Library, reach: number): void {
  const beyond = loops.filter(({ z }) => z.slice(0, 2).some((value) => Math.abs(value) > reach));
  find('library').textContent = `, learned from ${total} loops of ${files.length} files`
    + (beyond.length ? `; ${beyond.length} lie beyond the pad, drawn at its edge` : '');
  find('ring').hidden = !chooseDots(loops).some((loop) => loops[loop].near);
}

/** Shows the search of the library; `choose` gets the point of a loop. */
export function showSearch(find: Find, library: Library, choose: (z: number[]) => void): void {
  const { loops } = library;
  find('legend').hidden = false;
  find('search-box').hidden = false;
  offerSearch(find('search'), find('found'), library, (loop) => choose([...loops[loop].z]));
}

/** Names the loop under the pointer, or says how to use the pad. */
export function describeDot(find: Find, library: Library | null, loop: number | null): void {
  const hint = HINT + (library ? DOTS : '');
  find('hover').textContent = loop === null ? hint : nameDot(library!, loop);
}

function nameDot(library: Library, loop: number): string {
  const { file, near } = library.loops[loop];
  const name = nameLoop(library, loop);
  const tempo = library.tempos[file];
  return (near ? `Close to ${name}` : name) + (tempo ? `, ${Math.round(tempo)} bpm` : '');
}
