// What the studio says about dropped files before a training.

import { find } from './dials';

/** A sentence about the library, and the settings that a button beside it chooses. */
interface Hint {
  words: string;
  label: string;
  choices: Record<string, unknown>;
}

/** What `melodyvae/studio/check.py` found. */
export interface Check {
  loops: number;
  used: number;
  skipped: [name: string, reason: string][];
  /** What most files look like, if it is not what the preset is for. */
  kind: '' | 'melody' | 'drums';
  hints: Hint[];
}

/** Shows a check; `choose` receives the settings of a button, or null for the tracks. */
export function showCheck(check: Check, choose: (choices: Hint['choices'] | null) => void): void {
  const clips = `${check.used} ${check.used === 1 ? 'clip' : 'clips'} used`;
  const skipped = check.skipped.length ? `, ${check.skipped.length} skipped` : '';
  find('check-words').textContent = `${clips}${skipped}: ${check.loops} loops.`;
  find('skipped').hidden = !check.skipped.length;
  find('skipped-files').replaceChildren(...check.skipped.map(([name, reason]) => {
    const item = document.createElement('li');
    item.textContent = `${name}: ${reason}`;
    return item;
  }));
  find('hints').replaceChildren(...check.hints.map((hint) => buildHint(hint, choose)));
}

function buildHint(hint: Hint, choose: (choices: Hint['choices'] | null) => void): HTMLElement {
  const item = document.createElement('li');
  item.textContent = hint.words;
  if (hint.label) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = hint.label;
    const isForTracks = !Object.keys(hint.choices).length;
    button.addEventListener('click', () => choose(isForTracks ? null : hint.choices));
    item.append(' ', button);
  }
  return item;
}
