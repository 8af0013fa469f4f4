// The studio page: drop files, check them, train, follow the runs.

import { type Check, showCheck } from './check-panel';
import { find, showTrouble } from './dials';
import { readDrop } from './dropped';
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
  const entries = await listEntries(more);
  const models = entries.filter(({ name }) => PAGE.test(name)).map((page) => [page]);
  if (entries.some(({ name }) => MODEL.test(name))) models.push(entries);
  if (models.length) {
    void addModels(models);
    return;
  }
  const found = await findMusic(entries, find('drop').dataset.suffixes!.split(' '));
  files = [...files, ...found.files];
  skipped = joinCounts(skipped, found.skipped);
  void check();
}

function clear(): void {
  [files, skipped, choices, hasChosenKind] = [[], new Map(), {}, false];
  find<HTMLInputElement>('tracks').value = '';
  choosePreset(PRESETS.melody);
  void check();
}

/** Asks the studio what it would use of the files. */
async function check(): Promise<void> {
  const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  find('count').textContent = files.length ? count : 'Drop your MIDI here';
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
  try {
    const answer = await fetch(address, { method: 'POST', body: form });
    const text = await answer.text();
    showTrouble(answer.ok ? '' : readRefusal(text));
    return answer.ok ? text : null;
  } catch {
    showTrouble(GONE);
    return null;
  }
}

function readRefusal(text: string): string {
  try {
    return JSON.parse(text).error;
  } catch {
    return text;
  }
}

/** Adds models, each with its files, until one is refused. */
async function addModels(models: Entry[][]): Promise<void> {
  find('count').textContent = 'Adding the model …';
  for (const entries of models) {
    const form = new FormData();
    for (const { name, read } of entries) {
      if (!FOR_TRAINING.test(name)) form.append('files', await read(), name);
    }
    if (await post('/models', form) === null) break;
  }
  void check();
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
  const events = new EventSource('/events');
  events.onmessage = ({ data }) => {
    if (find('trouble').textContent === GONE) showTrouble('');
    showRuns(JSON.parse(data));
  };
  events.onerror = () => showTrouble(GONE);
}

listen();
