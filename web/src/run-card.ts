// The card of one run on the studio page.

/** The state of a run, as `melodyvae/studio/describe.py` sends it. */
export interface Run {
  name: string;
  state: 'training' | 'stopped' | 'finished' | 'failed';
  /** Epochs to learn, those that are done, and the lowest loss so far. */
  epochs: number;
  done: number;
  best: number | null;
  /** Losses of some epochs, evenly spaced. */
  curves: { objective?: number[]; val_objective?: number[] };
  log: string;
  /** What its training does, in a word or two, and how long it still learns, as 1:20. */
  stage: string;
  left: string;
  /** Why it failed. */
  sentence: string;
  /** Whether it has a play page. */
  playable: boolean;
  /** Whether it has a report. */
  reported: boolean;
  /** When the model that can be played during training was written; 0 without one. */
  live: number;
  /** Whether a Max for Live device plays it. */
  max: boolean;
}

type Act = (action: string, form?: FormData) => void;

/** The card of a run, which changes only what has changed. */
export class RunCard {
  readonly element = make('article', 'run');
  state = '';
  private readonly words = make('p', 'words');
  private readonly progress = make('progress', '') as HTMLProgressElement;
  private readonly curves = makeSvg('svg', {
    viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img',
    'aria-label': 'Loss by epoch: in training, and on held-out loops',
  });
  private readonly actions = make('p', 'actions');
  private readonly log = make('pre', '');
  private readonly logDetails = make('details', '');
  private shown = ''; // of the run, as JSON
  private actionsShown = '';
  private epochsShown = 0;

  /** @param act receives the action of a button. */
  constructor(name: string, private readonly act: Act) {
    this.element.dataset.name = name;
    this.progress.setAttribute('aria-label', `Training of ${name}`);
    this.logDetails.append(make('summary', '', 'Files and log'), this.log);
    this.element.append(
      make('h3', '', name), this.words, this.progress, this.curves, this.actions,
      this.logDetails, buildChanges(name, act));
  }

  update(run: Run): void {
    const shown = JSON.stringify(run);
    if (shown === this.shown) return;
    this.shown = shown;
    this.state = run.state;
    this.element.dataset.state = run.state;
    write(this.words, describe(run));
    this.progress.hidden = run.state !== 'training';
    this.progress.max = run.epochs || 1;
    this.progress.value = run.done;
    this.showCurves(run);
    this.showActions(run);
    this.logDetails.hidden = !run.log;
    const isAtEnd = this.log.scrollTop + this.log.clientHeight >= this.log.scrollHeight - 1;
    if (write(this.log, run.log) && isAtEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  /** Says that the studio does not answer. */
  lose(): void {
    if (this.state !== 'training' || !this.shown) return;
    this.shown = '';
    this.words.textContent = `Last seen: ${this.words.textContent}`;
  }

  private showCurves({ curves, done }: Run): void {
    this.curves.toggleAttribute('hidden', done < 2);
    if (done === this.epochsShown) return;
    this.epochsShown = done;
    this.curves.replaceChildren(...drawCurves(curves));
  }

  private showActions(run: Run): void {
    const shown = [run.state, run.playable, run.live > 0, run.reported, run.max].join();
    if (shown === this.actionsShown) return;
    this.actionsShown = shown;
    const focused = this.actions.contains(document.activeElement)
      ? document.activeElement!.textContent : null;
    this.actions.replaceChildren(...buildActions(run, this.act));
    const same = [...this.actions.children].find(({ textContent }) => textContent === focused);
    if (focused !== null) ((same ?? this.actions.firstElementChild) as HTMLElement | null)?.focus();
  }
}

/** Changes the text of an element if it is another; returns whether it was. */
function write(element: HTMLElement, text: string): boolean {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function describe(run: Run): string {
  const { done } = run;
  const best = run.best === null ? '' : `, best loss ${run.best.toFixed(1)}`;
  if (run.state === 'training') {
    if (run.stage !== 'Learning') return `${run.stage} …`;
    return `Learning${run.left ? ` (${run.left} left)` : ''}, epoch ${done} of ${run.epochs}`;
  }
  if (run.state === 'finished') return done ? `Trained ${done} epochs${best}` : 'Ready to play';
  if (run.state === 'stopped') return `Stopped after ${done} epochs${best}`;
  return run.sentence;
}

function drawCurves(curves: Run['curves']): SVGElement[] {
  const all = [...(curves.objective ?? []), ...(curves.val_objective ?? [])].map(Math.log1p);
  const [min, max] = [Math.min(...all), Math.max(...all)];
  const entries = [['training-loss', curves.objective], ['held-out-loss', curves.val_objective]];
  return (entries as [string, number[] | undefined][]).flatMap(([name, values]) => {
    if (!values || values.length < 2) return [];
    const points = values.map((value, epoch) => {
      const height = (Math.log1p(value) - min) / (max - min || 1);
      return `${(100 * epoch) / (values.length - 1)},${100 - 100 * height}`;
    });
    return [makeSvg('polyline', { class: name, points: points.join(' ') })];
  });
}

function buildActions(run: Run, act: Act): HTMLElement[] {
  const actions: HTMLElement[] = [];
  const address = `/runs/${encodeURIComponent(run.name)}`;
  if (run.playable || run.live) {
    const links = [[run.live ? 'Play it while it learns' : 'Play it', 'play']];
    if (run.reported) links.push(['Report', 'report']);
    if (run.max) links.push(['For Max', 'max.zip']);
    for (const [words, page] of links) {
      const link = make('a', page === 'play' ? 'button first' : 'button', words) as HTMLAnchorElement;
      link.href = `${address}/${page}`;
      if (page !== 'max.zip') link.target = '_blank';
      actions.push(link);
    }
  }
  const action = { training: 'stop', stopped: 'resume' }[run.state as string];
  if (action) actions.push(makeButton(action === 'stop' ? 'Stop' : 'Go on', () => act(action)));
  return actions;
}

/** The fields to rename a run and to delete it. */
function buildChanges(name: string, act: Act): HTMLElement {
  const details = make('details', '');
  const input = make('input', '') as HTMLInputElement;
  input.value = name;
  input.maxLength = 60;
  input.setAttribute('aria-label', `New name of ${name}`);
  const rename = makeButton('Rename', () => {
    const form = new FormData();
    form.set('name', input.value);
    act('rename', form);
  });
  let isSure = false;
  const remove = makeButton('Delete', () => {
    if (isSure) act('delete');
    isSure = true;
    remove.textContent = 'Delete for good';
  });
  remove.addEventListener('blur', () => {
    isSure = false;
    remove.textContent = 'Delete';
  });
  const changes = make('p', 'actions');
  changes.append(input, rename, remove);
  details.append(make('summary', '', 'Rename or delete'), changes);
  return details;
}

function makeButton(words: string, press: () => void): HTMLButtonElement {
  const button = make('button', '', words) as HTMLButtonElement;
  button.type = 'button';
  button.addEventListener('click', press);
  return button;
}

function make(tag: string, className: string, text = ''): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function makeSvg(tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
