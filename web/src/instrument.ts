// One model on the page: its pad, its loop, and the controls that belong to it.

import { loopTicks, makeClip, TICKS_PER_QUARTER, type Clip } from './clip';
import type { PartData } from './data';
import { Decoder } from './decoder';
import { Dial, fillMenu, type Find, findIn, showTrouble } from './dials';
import { applyFeel } from './feel';
import { describeDensity, GroupsPanel, stepsPerBar } from './groups-panel';
import { describeDot, showLibrary } from './library-panel';
import { findNearest } from './nearest';
import { drawNormal } from './normal';
import { selectNotes, type Cell, type Choice, type Grids } from './notes';
import { Pad } from './pad';
import { PathPanel, type Stage } from './path-panel';
import type { Player } from './player';
import { Roll } from './roll';
import { Routes } from './routes';
import { SavePanel } from './save-panel';
import { KEYS, lockScale, SCALES } from './scale';
import { Snapshots } from './snapshots';
import type { PartState } from './state';
import { KITS, VOICES } from './synth';
import { Terrain } from './terrain';
import type { Track } from './track';
import { VariationsPanel } from './variations-panel';
import { showVerdict } from './verdict';

const AT_ONCE = 8; // points per request, so that a move of the pad does not wait long

/** What a snapshot stores. */
interface Snapshot {
  z: number[];
  dials: number[];
  key: string;
  scale: string;
}

/** What an instrument needs of the page. */
export type Host = Pick<Stage, 'start' | 'isPlaying'> & { player: Player; getTempo(): number };

export class Instrument {
  readonly pad: Pad;
  private z: number[];
  private grids: Grids | null = null;
  private clip: Clip;
  private readonly find: Find;
  private readonly roll: Roll;
  private readonly terrain: Terrain;
  private readonly track: Track;
  private readonly path: PathPanel;
  private readonly decoder: Decoder;
  private readonly snapshots: Snapshots<Snapshot>;
  private readonly groups: GroupsPanel;
  private readonly files: SavePanel;
  private readonly thresholdMin: Dial;
  private readonly thresholdMax: Dial;
  private readonly noise: Dial;
  private readonly gridOffset: Dial;
  private readonly density: Dial;
  private readonly swing: Dial;
  private readonly dynamics: Dial;
  private readonly octave: Dial;
  private readonly key: HTMLSelectElement;
  private readonly scale: HTMLSelectElement;

  /** @param suffix ends the ids of its elements. */
  constructor(private readonly data: PartData, readonly suffix: string, host: Host) {
    const { system, latent, pad: reach, library, title } = data;
    this.find = findIn(suffix);
    this.z = new Array(latent).fill(0);
    this.clip = { notes: [], length: loopTicks(system) };
    const turn = () => this.turn();
    const compose = () => this.compose();
    this.thresholdMin = this.makeDial('threshold-min', turn);
    this.thresholdMax = this.makeDial('threshold-max', turn);
    this.noise = this.makeDial('noise', turn);
    this.gridOffset = this.makeDial('grid-offset', turn);
    this.density = this.makeDial('density', turn, describeDensity);
    this.swing = this.makeDial('swing', compose, (value) => `${Math.round(100 * value)} %`);
    this.dynamics = this.makeDial('dynamics', compose, (value) => `${Math.round(100 * value)} %`);
    this.octave = this.makeDial('octave', compose, (value) => (value > 0 ? `+${value}` : `${value}`));
    this.groups = new GroupsPanel(
      this.find, system, suffix, () => this.select(this.grids), compose, turn);
    this.key = this.find('key');
    this.scale = this.find('scale');
    this.setUpDials();
    this.terrain = new Terrain(system, this.choice, () => this.pad.drawMap());
    this.pad = new Pad(this.find('pad'), reach, system.rows, this.z, library, this.terrain, {
      move: (z) => this.takeOver(z),
      hover: (loop) => describeDot(this.find, library, loop),
    });
    this.roll = new Roll(this.find('roll'), system);
    const routes = new Routes(this.find, system, suffix);
    this.track = host.player.add({
      getClip: () => this.clip,
      drums: this.isDrums,
      route: (pitch) => routes.route(pitch),
      hear: (note, tick) => this.path.hear(note, tick),
      round: () => this.noise.value && this.decode(),
    });
    this.setUpSound();
    this.files = new SavePanel(this.find, title, this.isDrums, () => this.clip, host.getTempo);
    this.snapshots = new Snapshots(this.find('snapshots'), reach, () => this.snapshot, (state) => {
      this.recall(state);
    }, suffix);
    this.path = new PathPanel(this.find, this.pad, this.clip.length, {
      start: host.start,
      isPlaying: host.isPlaying,
      getTick: () => host.player.position(),
      getPlace: () => this.z,
      show: (z) => this.moveTo(z),
      save: (clip) => this.files.save(clip, 'path'),
    });
    new VariationsPanel(this.find, this.files, {
      reach,
      ticksPerBar: (stepsPerBar(system) / system.stepsPerQuarter) * TICKS_PER_QUARTER,
      getPlace: () => this.z,
      getSnapshot: (slot) => this.snapshots.all[slot]?.z ?? null,
      decodeAll: (points) => this.decodeAll(points),
      makeClip: (cells) => this.makeClip(cells),
      loadPath: (path, clip) => this.path.load(path, clip),
    });
    describeDot(this.find, library, null);
    if (library) showLibrary(this.find, library, (z) => this.takeOver(z));
    this.decoder = new Decoder(data.model, system, showTrouble);
  }

  /** Shows the first loop, once the state of the page is known. */
  begin(): void {
    void this.moveTo(this.z);
    this.terrain.decode(this.decoder, this.data.pad, this.data.latent);
  }

  get state(): PartState {
    return { z: this.z, snapshots: this.snapshots.all, ...this.groups.state };
  }

  set state({ z, snapshots, ...groups }: PartState) {
    this.z = [...z];
    this.snapshots.all = snapshots as (Snapshot | null)[];
    this.groups.state = groups;
    this.takeOver(this.z);
  }

  /** Switches to a later model of the same run, which places its loops elsewhere. */
  renew({ model, library }: PartData): void {
    const { latent, pad: reach, library: shown } = this.data;
    if (shown && library) Object.assign(shown, library);
    this.decoder.replace(model);
    void this.decode();
    this.terrain.decode(this.decoder, reach, latent);
    this.pad.drawMap();
  }

  /** Moves the pad for a person, which ends the path that is played. */
  takeOver(z: number[]): void {
    this.path.endReplay();
    void this.moveTo(z);
  }

  useSnapshot(slot: number, replace: boolean): void {
    this.snapshots.use(slot, replace);
  }

  /** Shows a tick of the player, and follows the path that is played. */
  showTick(tick: number): void {
    this.roll.showHead((tick % this.clip.length) / this.clip.length);
    const z = this.path.placeAt(tick);
    if (z && z !== this.z) void this.moveTo(z);
  }

  showStop(): void {
    this.path.stop();
    this.roll.showHead(null);
  }

  private get isDrums(): boolean {
    return this.data.system.messages === 'drums';
  }

  private get choice(): Choice {
    return {
      thresholdMin: this.thresholdMin.value,
      thresholdMax: this.thresholdMax.value,
      gridOffset: this.gridOffset.value,
      density: this.isDrums ? this.groups.densities : [this.density.value],
    };
  }

  private get dials(): Dial[] {
    return [this.thresholdMin, this.thresholdMax, this.noise, this.gridOffset];
  }

  private get snapshot(): Snapshot {
    const dials = this.dials.map((dial) => dial.value);
    return { z: [...this.z], dials, key: this.key.value, scale: this.scale.value };
  }

  private makeDial(id: string, onChange: () => void, format = (value: number) => value.toFixed(2)): Dial {
    return new Dial(this.find(id), format, onChange);
  }

  private setUpDials(): void {
    this.thresholdMin.setUp(1, this.data.threshold);
    this.thresholdMax.setUp(1, 1);
    this.noise.setUp(this.isDrums ? 2 : 0.5, 0);
    this.gridOffset.setUp(this.isDrums ? 5 : 2, 1);
    this.density.value = this.octave.value = 0;
    this.swing.value = 0.5;
    this.dynamics.value = 1;
    this.thresholdMax.isHidden = this.isDrums; // the drum device has none
    this.density.isHidden = this.octave.isHidden = this.find('key-lock').hidden = this.isDrums;
    fillMenu(this.key, KEYS.map((name, key) => [name, String(key)]));
    fillMenu(this.scale, [['as played', ''], ...Object.keys(SCALES).map(
      (name): [string, string] => [name, name])]);
    for (const menu of [this.key, this.scale]) menu.addEventListener('change', () => this.compose());
  }

  private setUpSound(): void {
    const sound = this.find<HTMLSelectElement>('sound');
    fillMenu(sound, Object.keys(this.isDrums ? KITS : VOICES).map((name) => [name, name]));
    sound.addEventListener('change', () => this.track.setSound(sound.value));
    const volume = this.makeDial('volume', () => this.track.setVolume(volume.value), (value) => (
      `${Math.round(100 * value)} %`));
    volume.value = 1;
  }

  private turn(): void {
    this.terrain.repaint(this.choice);
    void this.decode();
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

  /** Decodes points in the background and returns the notes that would be heard at each. */
  private async decodeAll(points: number[][]): Promise<Cell[][]> {
    const found: Grids[] = [];
    for (let first = 0; first < points.length; first += AT_ONCE) {
      const some = points.slice(first, first + AT_ONCE);
      found.push(...await new Promise<Grids[]>((resolve) => {
        this.decoder.decodeLater(some, resolve);
      }));
    }
    return found.map((grids) => this.chooseCells(grids));
  }

  private select(grids: Grids | null): Cell[] {
    return grids ? selectNotes(grids, this.data.system, this.choice) : [];
  }

  /** Returns the notes that are heard of decoded grids. */
  private chooseCells(grids: Grids): Cell[] {
    return this.groups.leaveOutMuted(this.groups.keepLocked(this.select(grids)));
  }

  private get semitones(): number {
    return 12 * this.octave.value;
  }

  private makeClip(cells: Cell[]): Clip {
    const movePitch = lockScale(Number(this.key.value), this.isDrums ? '' : this.scale.value);
    return applyFeel(makeClip(cells, this.data.system, movePitch), {
      swing: this.swing.value, dynamics: this.dynamics.value, semitones: this.semitones,
    });
  }

  /** Turns the decoded grids into the clip to play and to show. */
  private compose(): void {
    if (!this.grids) return;
    const { system, library } = this.data;
    const cells = this.chooseCells(this.grids);
    this.clip = this.makeClip(cells);
    const verdict = library && findNearest(cells, library, system);
    const own = verdict && library.loops[verdict.loop];
    this.roll.show(this.clip, {
      rows: own?.rows.map((row) => row + verdict!.shift) ?? [], steps: own?.steps ?? [],
    }, this.semitones);
    showVerdict(this.find, cells.length, verdict, library);
    this.files.isEnabled = cells.length > 0;
  }

  private recall({ z, dials, key, scale }: Snapshot): void {
    this.dials.forEach((dial, index) => (dial.value = dials[index]));
    this.key.value = key;
    this.scale.value = scale;
    this.terrain.repaint(this.choice);
    this.takeOver([...z]);
  }
}
