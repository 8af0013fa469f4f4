// One model on the page: its pad, its loop, and the controls that belong to it.

import { loopTicks, makeClip, TICKS_PER_QUARTER, type Clip } from './clip';
import { Controls, type Settings } from './controls';
import type { PartData } from './data';
import { Decoder } from './decoder';
import { Dial, fillMenu, type Find, findIn, showTrouble } from './dials';
import { applyFeel } from './feel';
import { GroupsPanel } from './groups-panel';
import { describeDot, showSearch, showSize } from './library-panel';
import { findNearest } from './nearest';
import { drawNormal } from './normal';
import { selectNotes, type Cell, type Choice, type Grids } from './notes';
import { Pad } from './pad';
import { PathPanel, type Stage } from './path-panel';
import type { Player } from './player';
import { Roll } from './roll';
import { Routes } from './routes';
import { SavePanel } from './save-panel';
import { Snapshots } from './snapshots';
import type { PartState } from './state';
import { KITS, VOICES } from './synth';
import { Terrain } from './terrain';
import type { Track } from './track';
import { VariationsPanel } from './variations-panel';
import { showVerdict } from './verdict';

const AT_ONCE = 8; // points per request, so that a move of the pad does not wait long

/** What a snapshot stores. */
interface Snapshot extends Settings {
  z: number[];
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
  private readonly controls: Controls;

  /** @param suffix ends the ids of its elements. */
  constructor(private readonly data: PartData, readonly suffix: string, host: Host) {
    const { system, latent, pad: reach, library, title } = data;
    this.find = findIn(suffix);
    this.z = new Array(latent).fill(0);
    this.clip = { notes: [], length: loopTicks(system) };
    const turn = () => this.turn();
    const compose = () => this.compose();
    this.controls = new Controls(this.find, this.isDrums, data, turn, compose);
    this.groups = new GroupsPanel(
      this.find, system, suffix, () => this.select(this.grids), compose, turn);
    this.terrain = new Terrain(system, this.choice, () => this.pad.drawMap());
    this.pad = new Pad(this.find('pad'), reach, this.z, library, this.terrain, {
      move: (z) => this.takeOver(z),
      hover: (loop) => describeDot(this.find, library, loop),
    });
    this.roll = new Roll(this.find('roll'), this.find('head'), system);
    const routes = new Routes(this.find, system, suffix);
    this.track = host.player.add({
      getClip: () => this.clip,
      drums: this.isDrums,
      route: (pitch) => routes.route(pitch),
      hear: (note, tick) => this.path.hear(note, tick),
      round: () => this.controls.noise && this.decode(),
    });
    this.setUpSound();
    this.files = new SavePanel(this.find, title, system, () => this.clip, host.getTempo);
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
      ticksPerBar: (system.stepsPerBar / system.stepsPerQuarter) * TICKS_PER_QUARTER,
      getPlace: () => this.z,
      getSnapshot: (slot) => this.snapshots.all[slot]?.z ?? null,
      decodeAll: (points) => this.decodeAll(points),
      makeClip: (cells) => this.makeClip(cells),
      loadPath: (path, clip) => this.path.load(path, clip),
    });
    describeDot(this.find, library, null);
    if (library) {
      showSize(this.find, library, reach);
      showSearch(this.find, library, (z) => this.takeOver(z));
    }
    this.decoder = new Decoder(data.model, system, showTrouble);
  }

  /** Shows the first loop, once the state of the page is known; `isLive` says that it learns. */
  begin(isLive: boolean): void {
    void this.moveTo(this.z);
    this.terrain.decode(this.decoder, this.data.pad, this.data.latent, isLive);
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
  renew({ model, library }: PartData, isLive: boolean): void {
    const { latent, pad: reach, library: shown } = this.data;
    if (shown && library) {
      Object.assign(shown, library);
      showSize(this.find, shown, reach);
    }
    this.decoder.replace(model);
    void this.decode();
    this.terrain.decode(this.decoder, reach, latent, isLive);
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

  showTick(tick: number): void {
    this.roll.showHead((tick % this.clip.length) / this.clip.length);
  }

  /** Moves to where the path that is played is at a tick of the player. */
  followPath(tick: number): void {
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
    return this.controls.choose(this.groups.densities);
  }

  private get snapshot(): Snapshot {
    return { z: [...this.z], ...this.controls.settings };
  }

  private setUpSound(): void {
    const sound = this.find<HTMLSelectElement>('sound');
    fillMenu(sound, Object.keys(this.isDrums ? KITS : VOICES).map((name) => [name, name]));
    sound.addEventListener('change', () => this.track.setSound(sound.value));
    const volume = new Dial(this.find('volume'), (value) => `${Math.round(100 * value)} %`, (value) => {
      this.track.setVolume(value);
    });
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
    const z = this.z.map((value) => value + this.controls.noise * drawNormal());
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

  private makeClip(cells: Cell[]): Clip {
    const clip = makeClip(cells, this.data.system, this.controls.movePitch);
    return applyFeel(clip, this.controls.feel);
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
    }, this.controls.semitones);
    showVerdict(this.find, cells.length, verdict, library);
    this.files.isEnabled = cells.length > 0;
  }

  private recall({ z, ...settings }: Snapshot): void {
    this.controls.settings = settings;
    this.terrain.repaint(this.choice);
    this.takeOver([...z]);
  }
}
