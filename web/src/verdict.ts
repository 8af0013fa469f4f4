// Says whether the loop is new or comes from the library.

import type { Library } from './data';
import type { Find } from './dials';
import type { Verdict } from './nearest';
import { nameLoop } from './search';

/** Shows what `describeVerdict` says. */
export function showVerdict(
  find: Find, notes: number, verdict: Verdict | null, library: Library | null,
): void {
  const { kind, nearest } = describeVerdict(notes, verdict, library);
  find('kind').textContent = kind;
  find('nearest').textContent = nearest;
}

/** Describes a loop of `notes` notes in two lines, compared with the library if there is one. */
function describeVerdict(
  notes: number, verdict: Verdict | null, library: Library | null,
): { kind: string; nearest: string } {
  if (!notes) return { kind: 'Silent', nearest: 'Lower the threshold or move the pad.' };
  const count = `${notes} ${notes === 1 ? 'note' : 'notes'}`;
  if (!verdict || !library) return { kind: count, nearest: '' };
  const name = nameLoop(library, verdict.loop) + describeShift(verdict.shift);
  const percent = `${Math.round(100 * verdict.share)} %`;
  if (verdict.kind === 'copy') return { kind: 'Copy of', nearest: name };
  if (verdict.kind === 'variation') {
    return { kind: 'Variation of', nearest: `${name} (${percent} alike)` };
  }
  return { kind: 'New', nearest: `${count}; nearest is ${name} (${percent} alike)` };
}

function describeShift(shift: number): string {
  return shift ? `, transposed by ${shift > 0 ? '+' : '−'}${Math.abs(shift)}` : '';
}
