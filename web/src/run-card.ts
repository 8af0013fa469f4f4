// The card of one run on the studio page.

/** The state of a run, as `melodyvae/studio/trainer.py` sends it. */
export interface Run {
  name: string;
  state: 'training' | 'stopped' | 'finished' | 'failed';
  epochs: number;
  curves: { objective?: number[]; val_objective?: number[] };
  log: string;
  /** Why it failed. */
  sentence: string;
  /** Whether it has a play page. */
  playable: boolean;
  /** Whether it has a report. */
  reported: boolean;
  /** When the model that can be played during training was written; 0 without one. */
  live: number;
}

/** Builds the card of a run; `act` receives the action of a button. */
export function buildCard(run: Run, isOpen: boolean, act: (action: string) => void): HTMLElement {
  const card = make('article', 'run');
  card.dataset.name = run.name;
  card.dataset.state = run.state;
  card.append(make('h3', '', run.name), make('p', 'words', describe(run)));
  if (run.state === 'training') card.append(buildProgress(run));
  if ((run.curves.objective?.length ?? 0) > 1) card.append(drawCurves(run));
  card.append(buildActions(run, act), buildLog(run, isOpen));
  return card;
}

function describe(run: Run): string {
  const done = run.curves.objective?.length ?? 0;
  const losses = run.curves.val_objective ?? run.curves.objective ?? [];
  const best = losses.length ? `, best loss ${Math.min(...losses).toFixed(1)}` : '';
  if (run.state === 'training') {
    return done ? `Epoch ${done} of ${run.epochs}${best}` : 'Reading the files …';
  }
  if (run.state === 'finished') return done ? `Trained ${done} epochs${best}` : 'Ready to play';
  if (run.state === 'stopped') return `Stopped after ${done} epochs${best}`;
  return run.sentence;
}

function buildProgress(run: Run): HTMLElement {
  const progress = make('progress', '') as HTMLProgressElement;
  progress.max = run.epochs || 1;
  progress.value = run.curves.objective?.length ?? 0;
  progress.setAttribute('aria-label', `Training of ${run.name}`);
  return progress;
}

function drawCurves({ curves }: Run): SVGElement {
  const picture = makeSvg('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img' });
  picture.setAttribute('aria-label', 'Loss by epoch: in training, and on held-out loops');
  const all = [...(curves.objective ?? []), ...(curves.val_objective ?? [])].map(Math.log1p);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const entries = [['training-loss', curves.objective], ['held-out-loss', curves.val_objective]];
  for (const [name, values] of entries as [string, number[] | undefined][]) {
    const points = (values ?? []).map((value, epoch) => {
      const height = (Math.log1p(value) - least) / (most - least || 1);
      return `${(100 * epoch) / (values!.length - 1)},${100 - 100 * height}`;
    });
    if (points.length > 1) picture.append(makeSvg('polyline', { class: name, points: points.join(' ') }));
  }
  return picture;
}

function buildActions(run: Run, act: (action: string) => void): HTMLElement {
  const actions = make('p', 'actions');
  const address = `/runs/${encodeURIComponent(run.name)}`;
  if (run.playable || run.live) {
    const links = [[run.live ? 'Play it while it learns' : 'Play it', 'play']];
    if (run.reported) links.push(['Report', 'report']);
    if (run.playable) links.push(['For Max', 'max.zip']);
    for (const [words, page] of links) {
      const link = make('a', page === 'play' ? 'button first' : 'button', words) as HTMLAnchorElement;
      link.href = `${address}/${page}`;
      if (page !== 'max.zip') link.target = '_blank';
      actions.append(link);
    }
  }
  const action = { training: 'stop', stopped: 'resume' }[run.state as string];
  if (action) {
    const button = make('button', '', action === 'stop' ? 'Stop' : 'Go on') as HTMLButtonElement;
    button.type = 'button';
    button.addEventListener('click', () => act(action));
    actions.append(button);
  }
  return actions;
}

function buildLog(run: Run, isOpen: boolean): HTMLElement {
  const details = make('details', '') as HTMLDetailsElement;
  details.open = isOpen;
  details.hidden = !run.log;
  details.append(make('summary', '', 'Files and log'), make('pre', '', run.log));
  return details;
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
