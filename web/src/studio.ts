// The studio page: drop files, train, follow the runs.

import { find, showTrouble } from './dials';
import { readDrop } from './dropped';
import { describeSkipped, findMusic, type Music } from './music-files';
import { buildCard, type Run } from './run-card';

const GONE = 'The studio does not answer. Start melodyvae studio again. Nothing is lost.';

/** Fields of the model card. */
const CARD_FIELDS = ['author', 'license', 'source_license', 'about'];

let music: Music = { files: [], skipped: new Map() };

/** Takes dropped files: a model is added at once, music waits for a name. */
async function choose(chosen: File[]): Promise<void> {
  if (chosen.some(({ name }) => /(^model\.json|\.html?)$/i.test(name))) {
    void add(chosen);
    return;
  }
  const { suffixes } = find('drop').dataset;
  music = await findMusic(chosen, suffixes!.split(' '));
  const { files, skipped } = music;
  const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  find('count').textContent = chosen.length ? count : 'Drop your MIDI here';
  find('skipped').textContent = describeSkipped(skipped);
  find<HTMLButtonElement>('train').disabled = !files.length;
}

/** Posts a form and shows the error message, if any. Returns whether the server accepted it. */
async function post(address: string, form?: FormData): Promise<boolean> {
  try {
    const answer = await fetch(address, { method: 'POST', body: form });
    const text = await answer.text();
    showTrouble(answer.ok ? '' : readRefusal(text));
    return answer.ok;
  } catch {
    showTrouble(GONE);
    return false;
  }
}

function readRefusal(text: string): string {
  try {
    return JSON.parse(text).error;
  } catch {
    return text;
  }
}

async function add(chosen: File[]): Promise<void> {
  const form = new FormData();
  for (const file of chosen) form.append('files', file, file.name);
  await post('/models', form);
}

async function train(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const form = new FormData();
  form.set('name', find<HTMLInputElement>('name').value);
  form.set('config', find<HTMLSelectElement>('config').value);
  for (const field of CARD_FIELDS) form.set(field, find<HTMLInputElement>(field).value);
  for (const file of music.files) form.append('files', file, file.name);
  const button = find<HTMLButtonElement>('train');
  button.disabled = true;
  if (await post('/runs', form)) {
    void choose([]);
    find<HTMLInputElement>('name').value = '';
  } else {
    button.disabled = false;
  }
}

function show(runs: Run[]): void {
  const place = find('runs');
  const open = [...place.querySelectorAll<HTMLElement>('details[open]')].map(
    (details) => (details.parentElement as HTMLElement).dataset.name);
  const cards = runs.map((run) => buildCard(run, open.includes(run.name), (action) => {
    void post(`/runs/${encodeURIComponent(run.name)}/${action}`);
  }));
  place.replaceChildren(...cards);
  find('none').hidden = runs.length > 0;
}

function listen(): void {
  const drop = find('drop');
  for (const name of ['dragover', 'dragleave', 'drop']) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', name === 'dragover');
    });
  }
  document.addEventListener('drop', async (event) => choose(await readDrop(event.dataTransfer!)));
  const input = find<HTMLInputElement>('files');
  input.addEventListener('change', () => void choose([...input.files!]));
  find<HTMLFormElement>('new').addEventListener('submit', train);
  const events = new EventSource('/events');
  events.onmessage = ({ data }) => {
    if (find('trouble').textContent === GONE) showTrouble('');
    show(JSON.parse(data));
  };
  events.onerror = () => showTrouble(GONE);
}

listen();
