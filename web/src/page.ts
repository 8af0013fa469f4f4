// The page: connects the controls with the player and the pictures.

import { loopTicks, makeClip, type Clip } from './clip';
import { readData, type PageData } from './data';
import { Decoder } from './decoder';
import { Dial, fillMenu, find, press, showTrouble } from './dials';
import { download } from './download';
import { describeDot, showLibrary } from './library-panel';
import { MidiPanel } from './midi-panel';
import { findNearest } from './nearest';
import { drawNormal } from './normal';
import { selectNotes, type Choice, type Grids } from './notes';
import { Pad } from './pad';
import { PathPanel } from './path-panel';
import { Player } from './player';
import { Roll } from './roll';
import { KEYS, lockScale, SCALES } from './scale';
import { Snapshots } from './snapshots';
import { StateStore } from './state';
import { StatePanel } from './state-panel';
import { StudioLink } from './studio-link';
import { KITS, VOICES } from './synth';
import { makeTempoDial } from './tempo-panel';
import { Terrain } from './terrain';
import { showVerdict } from './verdict';
import { VoicesPanel } from './voices-panel';

/** What a snapshot stores. */
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
  private readonly volume: Dial;
  private readonly voices: VoicesPanel;
  private readonly key = find<HTMLSelectElement>('key');
  private readonly scale = find<HTMLSelectElement>('scale');
  private readonly sound = find<HTMLSelectElement>('sound');

  constructor(private readonly data: PageData) {
    const { system, latent, pad: reach, library } = data;
    this.z = new Array(latent).fill(0);
    this.clip = { notes: [], length: loopTicks(system) };
    this.setUpDials();
    this.terrain = new Terrain(system, this.choice, () => this.pad.drawMap());
    this.pad = new Pad(find('pad'), reach, system.rows, this.z, library, this.terrain, {
      move: (z) => this.takeOver(z),
      hover: (loop) => describeDot(library, loop),
    });
    this.roll = new Roll(find('roll'), system);
    const midi = new MidiPanel(this.isDrums);
    this.player = new Player(() => this.clip, this.isDrums, midi.out, {
      note: (note, tick) => this.path.hear(note, tick),
      round: () => this.noise.value && this.decode(),
    }, data.tempo);
    this.tempo = makeTempoDial(data.tempo, (value) => this.player.setTempo(value));
    this.volume = new Dial('volume', (value) => `${Math.round(100 * value)} %`, (value) => {
      this.player.setVolume(value);
    });
    this.volume.value = 1;
    find('panic').addEventListener('click', () => midi.out.panic());
    this.voices = new VoicesPanel(this.isDrums ? system.rowNames : {}, () => this.compose());
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
    describeDot(library, null);
    if (library) showLibrary(library, (z) => this.takeOver(z));
    this.decoder = new Decoder(data.model, system, showTrouble);
    this.restore();
    this.pad.show(this.z);
    void this.decode();
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

  /** Switches to a later model of the same run, which places its loops elsewhere. */
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
    find('threshold-max-dial').hidden = this.isDrums; // the drum device has none
    find('key-lock').hidden = this.isDrums;
    find('voices').hidden = !this.isDrums;
    fillMenu(this.key, KEYS.map((name, key) => [name, String(key)]));
    fillMenu(this.scale, [['as played', ''], ...Object.keys(SCALES).map(
      (name): [string, string] => [name, name])]);
    const sounds = Object.keys(this.isDrums ? KITS : VOICES);
    fillMenu(this.sound, sounds.map((name) => [name, name]));
    this.sound.addEventListener('change', () => this.player.setSound(this.sound.value));
    for (const menu of [this.key, this.scale]) menu.addEventListener('change', () => this.compose());
  }

  private restore(): void {
    const { thresholdMin, thresholdMax, noise, gridOffset, tempo, volume, key, scale, sound } = this;
    const panel = new StatePanel(
      new StateStore(this.data.title, this.data.latent),
      { thresholdMin, thresholdMax, noise, gridOffset, tempo, volume },
      { key, scale, sound },
      () => ({ z: this.z, snapshots: this.snapshots.all, muted: this.voices.muted }),
    );
    const place = panel.restore();
    if (place) {
      this.z = [...place.z];
      this.snapshots.all = place.snapshots as (State | null)[];
      this.voices.muted = place.muted;
      this.terrain.repaint(this.choice);
    }
    this.player.setTempo(tempo.value);
    this.player.setVolume(volume.value);
    this.player.setSound(sound.value);
    panel.follow();
  }

  private turn(): void {
    this.terrain.repaint(this.choice);
    this.decode();
  }

  /** Moves the pad for a person, which ends the path that is played. */
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

  /** Turns the decoded grids into the clip to play and to show. */
  private compose(): void {
    if (!this.grids) return;
    const { system, library } = this.data;
    const { muted } = this.voices;
    const selected = selectNotes(this.grids, system, this.choice);
    const cells = selected.filter(({ row }) => !muted.includes(row));
    const movePitch = lockScale(Number(this.key.value), this.isDrums ? '' : this.scale.value);
    this.clip = makeClip(cells, system, movePitch);
    const verdict = library && findNearest(cells, library, system);
    const own = verdict && library.loops[verdict.loop];
    this.roll.show(this.clip, {
      rows: own?.rows.map((row) => row + verdict!.shift) ?? [], steps: own?.steps ?? [],
    });
    showVerdict(cells.length, verdict, library);
    find<HTMLButtonElement>('save-loop').disabled = !cells.length;
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
    // Nothing can end the notes at a MIDI port once the page is gone.
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

readData(find('data').textContent!).then((data) => new Page(data)).catch((error: Error) => {
  showTrouble(`This page cannot be shown: ${error.message}`);
});
