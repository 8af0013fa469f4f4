// The page: what is touched decides what sounds and what is shown.

import { loopTicks, makeClip, type Clip } from './clip';
import { readData, type PageData } from './data';
import { Decoder } from './decoder';
import { Dial, fillMenu, find, press } from './dials';
import { download } from './download';
import { MidiPanel } from './midi-panel';
import { findNearest } from './nearest';
import { selectNotes, type Choice, type Grids } from './notes';
import { Pad } from './pad';
import { PathPanel } from './path-panel';
import { Player } from './player';
import { Roll } from './roll';
import { KEYS, lockScale, SCALES } from './scale';
import { nameLoop, offerSearch } from './search';
import { Snapshots } from './snapshots';
import { StudioLink } from './studio-link';
import { Terrain } from './terrain';
import { describeVerdict } from './verdict';

const HINT = 'Drag, touch, or use the arrow keys.';
const DOTS = ' Each dot is one of your loops. Click it to go there.';
const SLOWEST = 20; // of the tempo slider
const FASTEST = 300;

/** What a snapshot keeps. */
interface State {
  z: number[];
  dials: number[];
  key: string;
  scale: string;
}

class Page {
  private z: number[];
  private grids: Grids | null = null;
  private clip: Clip;
  private readonly roll: Roll;
  private readonly pad: Pad;
  private readonly terrain: Terrain;
  private readonly player: Player;
  private readonly path: PathPanel;
  private readonly decoder: Decoder;
  private readonly snapshots: Snapshots<State>;
  private readonly thresholdMin = this.makeDial('threshold-min');
  private readonly thresholdMax = this.makeDial('threshold-max');
  private readonly noise = this.makeDial('noise');
  private readonly gridOffset = this.makeDial('grid-offset');
  private readonly tempo: Dial;
  private readonly key = find<HTMLSelectElement>('key');
  private readonly scale = find<HTMLSelectElement>('scale');

  constructor(private readonly data: PageData) {
    const { system, latent, pad: reach, library } = data;
    this.z = new Array(latent).fill(0);
    this.clip = { notes: [], length: loopTicks(system) };
    this.setUpDials();
    this.terrain = new Terrain(system, this.choice, () => this.pad.drawMap());
    this.pad = new Pad(find('pad'), reach, system.rows, this.z, library, this.terrain, {
      move: (z) => this.takeOver(z),
      hover: (loop) => this.describeDot(loop),
    });
    this.roll = new Roll(find('roll'), system);
    const midi = new MidiPanel(this.isDrums);
    this.player = new Player(() => this.clip, this.isDrums, midi.out, {
      note: (note, tick) => this.path.hear(note, tick),
      round: () => this.noise.value && this.decode(),
    }, data.tempo);
    this.tempo = new Dial('tempo', (value) => `${value} bpm`, (value) => this.player.setTempo(value));
    this.tempo.value = Math.min(FASTEST, Math.max(SLOWEST, data.tempo));
    const volume = new Dial('volume', (value) => `${Math.round(100 * value)} %`, (value) => {
      this.player.setVolume(value);
    });
    volume.value = 1;
    this.snapshots = new Snapshots(find('snapshots'), reach, () => this.state, (state) => {
      this.recall(state);
    });
    this.path = new PathPanel(this.pad, this.clip.length, {
      start: () => this.start(),
      getTick: () => this.player.position(),
      getPlace: () => this.z,
      isPlaying: () => this.player.isPlaying,
      show: (z) => this.moveTo(z),
      save: (clip) => this.save(clip, 'path'),
    });
    this.listenToButtons();
    this.describeDot(null);
    if (library) this.describeLibrary();
    this.decoder = new Decoder(data.model, system, showTrouble);
    this.pad.show(this.z);
    this.decode();
    this.terrain.decode(this.decoder, reach, latent);
    if (data.studio) this.linkStudio(data.studio);
  }

  private linkStudio({ name, live }: NonNullable<PageData['studio']>): void {
    new StudioLink(name, live, {
      renew: (data) => this.renew(data),
      mark: (places) => this.pad.mark(places),
      choose: ({ z }) => this.takeOver([...z]),
    });
  }

  /** Plays a later model of the same run, where its loops lie elsewhere. */
  private renew({ model, library }: PageData): void {
    const { latent, pad: reach, library: shown } = this.data;
    if (shown && library) Object.assign(shown, library);
    this.decoder.replace(model);
    this.decode();
    this.terrain.decode(this.decoder, reach, latent);
    this.pad.drawMap();
  }

  private get isDrums(): boolean {
    return this.data.system.messages === 'drums';
  }

  private get choice(): Choice {
    return {
      thresholdMin: this.thresholdMin.value,
      thresholdMax: this.thresholdMax.value,
      gridOffset: this.gridOffset.value,
    };
  }

  private get dials(): Dial[] {
    return [this.thresholdMin, this.thresholdMax, this.noise, this.gridOffset];
  }

  private get state(): State {
    const dials = this.dials.map((dial) => dial.value);
    return { z: [...this.z], dials, key: this.key.value, scale: this.scale.value };
  }

  private makeDial(id: string): Dial {
    return new Dial(id, (value) => value.toFixed(2), () => this.turn());
  }

  private setUpDials(): void {
    this.thresholdMin.setUp(1, this.data.threshold);
    this.thresholdMax.setUp(1, 1);
    this.noise.setUp(this.isDrums ? 2 : 0.5, 0);
    this.gridOffset.setUp(this.isDrums ? 5 : 2, 1);
    find('most').hidden = this.isDrums; // the drum device has none
    find('key-lock').hidden = this.isDrums;
    fillMenu(this.key, KEYS.map((name, key) => [name, String(key)]));
    fillMenu(this.scale, [['as played', ''], ...Object.keys(SCALES).map(
      (name): [string, string] => [name, name])]);
    for (const menu of [this.key, this.scale]) menu.addEventListener('change', () => this.compose());
  }

  private turn(): void {
    this.terrain.repaint(this.choice);
    this.decode();
  }

  /** A hand moves the pad: a path that is played ends. */
  private takeOver(z: number[]): void {
    this.path.endReplay();
    void this.moveTo(z);
  }

  private moveTo(z: number[]): Promise<void> {
    this.z = z;
    this.pad.show(z);
    this.path.move(z);
    return this.decode();
  }

  /** Decodes the point; resolves when its loop is heard, unless a later one replaces it. */
  private decode(): Promise<void> {
    const z = this.z.map((value) => value + this.noise.value * drawNormal());
    this.roll.isBusy = true;
    return new Promise((resolve) => {
      this.decoder.decode(z, (grids) => {
        this.grids = grids;
        this.compose();
        this.roll.isBusy = this.decoder.isBehind;
        resolve();
      });
    });
  }

  /** Makes of what was decoded what is heard and seen. */
  private compose(): void {
    if (!this.grids) return;
    const { system, library } = this.data;
    const cells = selectNotes(this.grids, system, this.choice);
    const movePitch = lockScale(Number(this.key.value), this.isDrums ? '' : this.scale.value);
    this.clip = makeClip(cells, system, movePitch);
    const verdict = library && findNearest(cells, library, system);
    const own = verdict && library.loops[verdict.loop];
    this.roll.show(this.clip, {
      rows: own?.rows.map((row) => row + verdict!.shift) ?? [], steps: own?.steps ?? [],
    });
    const words = describeVerdict(cells.length, verdict, library);
    find('kind').textContent = words.kind;
    find('nearest').textContent = words.nearest;
    find<HTMLButtonElement>('save-loop').disabled = !cells.length;
  }

  private describeLibrary(): void {
    const library = this.data.library!;
    const counts = `${library.total} loops of ${library.files.length} files`;
    find('library').textContent = `, learned from ${counts}`;
    find('search-box').hidden = false;
    offerSearch(find('search'), find('found'), library, (loop) => {
      this.takeOver([...library.loops[loop].z]);
    });
  }

  private describeDot(loop: number | null): void {
    const { library } = this.data;
    const hint = HINT + (library ? DOTS : '');
    find('hover').textContent = loop === null ? hint : nameLoop(library!, loop);
  }

  private recall({ z, dials, key, scale }: State): void {
    this.dials.forEach((dial, index) => (dial.value = dials[index]));
    this.key.value = key;
    this.scale.value = scale;
    this.terrain.repaint(this.choice);
    this.takeOver([...z]);
  }

  private listenToButtons(): void {
    find('play').addEventListener('click', () => this.toggle());
    find('save-loop').addEventListener('click', () => this.save(this.clip, 'loop'));
    document.addEventListener('keydown', (event) => this.useKey(event));
    // A closed page could not end what it has started at a MIDI port.
    window.addEventListener('pagehide', () => this.stop());
  }

  private useKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const isTyping = target.matches('input[type="search"], select');
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const slot = /^Digit([1-8])$/.exec(event.code);
    if (slot) this.snapshots.use(Number(slot[1]) - 1, event.shiftKey);
    if (event.key === ' ' && !target.matches('button, input[type="file"]')) {
      event.preventDefault();
      this.toggle();
    }
  }

  private toggle(): void {
    if (this.player.isPlaying) this.stop();
    else void this.start();
  }

  private async start(): Promise<void> {
    if (this.player.isPlaying) return;
    await this.player.start();
    this.showPlaying(true);
    this.animate();
  }

  private stop(): void {
    this.path.stop();
    this.player.stop();
    this.roll.showHead(null);
    this.showPlaying(false);
  }

  private showPlaying(isPlaying: boolean): void {
    press('play', isPlaying);
    find('play-name').textContent = isPlaying ? 'Stop' : 'Play';
  }

  private animate(): void {
    if (!this.player.isPlaying) return;
    const tick = Math.max(0, this.player.position());
    this.roll.showHead((tick % this.clip.length) / this.clip.length);
    const z = this.path.placeAt(tick);
    if (z && z !== this.z) void this.moveTo(z);
    requestAnimationFrame(() => this.animate());
  }

  private save(clip: Clip, kind: string): void {
    download(clip, `${this.data.title} ${kind}`, this.tempo.value, this.isDrums);
  }
}

/** A draw from N(0, 1), by Box and Muller. */
function drawNormal(): number {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return radius * Math.cos(2 * Math.PI * Math.random());
}

function showTrouble(sentence: string): void {
  const place = find('trouble');
  place.textContent = sentence;
  place.hidden = false;
}

readData(find('data').textContent!).then((data) => new Page(data)).catch((error: Error) => {
  showTrouble(`This page cannot be shown: ${error.message}`);
});
