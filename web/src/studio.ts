// The studio page: drop files, check them, train, follow the runs.

import { type Check, showCheck } from './check-panel';
import { find, showTrouble } from './dials';
import { readDrop } from './dropped';
import { followRuns } from './follow-runs';
import { describeSkipped, type Entry, findMusic, joinCounts, listEntries } from './music-files';
import { RunCard, type Run } from './run-card';

const GONE = 'The studio does not answer. Start melodyvae studio again. Nothing is lost.';
const PRESETS = { melody: 'melodyvae', drums: 'drums' };
type Kind = keyof typeof PRESETS;

/** A page that was not dropped in a folder: those of a run belong to its model. */
const PAGE = /^[^/]*\.html?$/i;
/** A model, alone or in the folder of a run. */
const MODEL = /(^|\/)model\.json$/i;
/** Large files of a run, which only further training and TensorBoard need. */
const FOR_TRAINING = /\.keras$|(^|\/)(events|states)\//;
/** Fields of the model card. */
const CARD_FIELDS = ['author', 'license', 'source_license', 'about'];

let files: File[] = [];
let skipped = new Map<string, number>(); // files that are not sent, by reason
/** Settings that were chosen for these files. */
let choices: Record<string, unknown> = {};
let hasChosenKind = false;
let checks = 0;
const cards = new Map<string, RunCard>();

/** Takes dropped files: models are added to the runs at once, music to the files that are there. */
async function take(more: File[]): Promise<void> {
  const music: Entry[] = [];
  const models: Entry[][] = [];
  for (const group of groupByFolder(await listEntries(more))) {
    if (group.some(({ name }) => PAGE.test(name) || MODEL.test(name))) models.push(group);
    else music.push(...group);
  }
  if (music.length) {
    const found = await findMusic(music, find('drop').dataset.suffixes!.split(' '));
    files = [...files, ...found.files];
    skipped = joinCounts(skipped, found.skipped);
    await check();
  }
  if (models.length) await addModels(models);
}

/** Groups files by the folder or archive that was dropped; each page is a group of its own. */
function groupByFolder(entries: Entry[]): Entry[][] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const [folder, ...inside] = entry.name.split('/');
    const key = inside.length ? `${folder}/` : PAGE.test(folder) ? folder : '';
    groups.set(key, [...groups.get(key) ?? [], entry]);
  }
  return [...groups.values()];
}

function clear(): void {
  [files, skipped, choices, hasChosenKind] = [[], new Map(), {}, false];
  find<HTMLInputElement>('tracks').value = '';
  choosePreset(PRESETS.melody);
  void check();
}

function showCount(): void {
  const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  find('count').textContent = files.length ? count : 'Drop your MIDI here';
}

/** Asks the studio what it would use of the files. */
async function check(): Promise<void> {
  showCount();
  find('left-out').textContent = describeSkipped(skipped);
  find('check').hidden = !files.length;
  find<HTMLButtonElement>('train').disabled = true;
  const number = ++checks;
  if (!files.length) return;
  find('check-words').textContent = 'Checking …';
  find('hints').replaceChildren();
  find('skipped').hidden = true;
  const text = await post('/check', buildForm());
  if (number !== checks) return; // other files or settings have been chosen meanwhile
  find('check').hidden = text === null;
  if (text === null) return;
  const found = JSON.parse(text) as Check;
  if (found.kind && !hasChosenKind) {
    hasChosenKind = true;
    choosePreset(PRESETS[found.kind]);
    return check();
  }
  showCheck(found, (chosen) => {
    if (chosen) {
      choices = { ...choices, ...chosen };
      void check();
    } else {
      find<HTMLDetailsElement>('advanced').open = true;
      find('tracks').focus();
    }
  });
  find<HTMLButtonElement>('train').disabled = !found.loops;
}

function buildForm(): FormData {
  const form = new FormData();
  form.set('config', find<HTMLSelectElement>('config').value);
  const tracks = find<HTMLInputElement>('tracks').value.split(',').map((name) => name.trim());
  const named = tracks.filter(Boolean);
  form.set('choices', JSON.stringify({ ...choices, ...(named.length && { 'grid.tracks': named }) }));
  for (const file of files) form.append('files', file, file.name);
  return form;
}

function choosePreset(preset: string): void {
  find<HTMLSelectElement>('config').value = preset;
  for (const kind of Object.keys(PRESETS) as Kind[]) {
    find<HTMLInputElement>(kind).checked = PRESETS[kind] === preset;
  }
}

/** Posts a form, and shows the error message, if any. Returns the answer; null for an error. */
async function post(address: string, form?: FormData): Promise<string | null> {
  const { text, refusal } = await send(address, form);
  showTrouble(refusal);
  return refusal ? null : text;
}

async function send(address: string, form?: FormData): Promise<{ text: string; refusal: string }> {
  try {
    const answer = await fetch(address, { method: 'POST', body: form });
    const text = await answer.text();
    return { text, refusal: answer.ok ? '' : readRefusal(text) };
  } catch {
    return { text: '', refusal: GONE };
  }
}

function readRefusal(text: string): string {
  try {
    return JSON.parse(text).error;
  } catch {
    return text;
  }
}

/** Adds models, each with its files, and says which are refused. */
async function addModels(models: Entry[][]): Promise<void> {
  const refusals = new Set<string>();
  for (const [index, entries] of models.entries()) {
    find('count').textContent = `Adding model ${index + 1} of ${models.length} …`;
    const form = new FormData();
    for (const { name, read } of entries) {
      if (!FOR_TRAINING.test(name)) form.append('files', await read(), name);
    }
    const { refusal } = await send('/models', form);
    if (refusal) refusals.add(refusal);
  }
  showTrouble([...refusals].join(' '));
  showCount();
}

async function train(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const form = buildForm();
  form.set('name', find<HTMLInputElement>('name').value);
  for (const field of CARD_FIELDS) form.set(field, find<HTMLInputElement>(field).value);
  const button = find<HTMLButtonElement>('train');
  button.disabled = true;
  if (await post('/runs', form) === null) {
    button.disabled = false;
  } else {
    find<HTMLInputElement>('name').value = '';
    clear();
  }
}

/** Brings the cards up to date. Cards stay where they are, with focus, scroll and open logs. */
function showRuns(runs: Run[]): void {
  for (const [name, card] of cards) {
    if (runs.some((run) => run.name === name)) continue;
    card.element.remove();
    cards.delete(name);
  }
  runs.forEach((run, index) => {
    let card = cards.get(run.name);
    if (card) {
      if (card.state !== run.state) announce(`${run.name}: ${run.state}`);
    } else {
      card = new RunCard(run.name, (action, form) => {
        void post(`/runs/${encodeURIComponent(run.name)}/${action}`, form);
      });
      cards.set(run.name, card);
    }
    card.update(run);
    const place = find('runs');
    if (place.children[index] !== card.element) {
      place.insertBefore(card.element, place.children[index] ?? null);
    }
  });
  find('none').hidden = runs.length > 0;
}

/** Has screen readers say something when they have said what they are saying. */
function announce(words: string): void {
  find('announcement').textContent = words;
}

function listen(): void {
  const drop = find('drop');
  for (const name of ['dragover', 'dragleave', 'drop']) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', name === 'dragover');
    });
  }
  document.addEventListener('drop', async (event) => take(await readDrop(event.dataTransfer!)));
  const input = find<HTMLInputElement>('files');
  input.addEventListener('change', () => {
    void take([...input.files!]);
    input.value = ''; // the same files may be chosen again
  });
  find('clear').addEventListener('click', clear);
  for (const kind of Object.keys(PRESETS) as Kind[]) {
    find(kind).addEventListener('change', () => {
      [hasChosenKind, choices] = [true, {}];
      choosePreset(PRESETS[kind]);
      void check();
    });
  }
  const config = find<HTMLSelectElement>('config');
  config.addEventListener('change', () => {
    [hasChosenKind, choices] = [true, {}];
    choosePreset(config.value);
    void check();
  });
  find('tracks').addEventListener('change', () => void check());
  find<HTMLFormElement>('new').addEventListener('submit', train);
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-starter]')) {
    button.addEventListener('click', () => void post(`/models/${button.dataset.starter}`));
  }
  followRuns((runs) => {
    if (find('trouble').textContent === GONE) showTrouble('');
    showRuns(runs);
  }, () => {
    showTrouble(GONE);
    for (const card of cards.values()) card.lose();
  });
}

listen();
