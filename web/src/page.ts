// The page: its instruments, and what they share.

import { readData, type PageData } from './data';
import { find, press, showTrouble } from './dials';
import { Instrument } from './instrument';
import { MidiMap } from './midi-map';
import { MidiOut } from './midi-out';
import { MidiPanel } from './midi-panel';
import { Player } from './player';
import { StateStore } from './state';
import { StatePanel } from './state-panel';
import { StudioLink } from './studio-link';
import { Sync } from './sync';
import { TempoPanel } from './tempo-panel';

// Milliseconds before each frame: some 30 per second, and 10 to leave CPU time to a training.
const FRAME = 20;
const FRAME_WHILE_LEARNING = 90;
const TAIL = 1000; // milliseconds until all is silent after a stop

class Page {
  private readonly instruments: Instrument[];
  private readonly player: Player;
  private readonly sync: Sync;
  private readonly midi: MidiPanel;
  private readonly panel: StatePanel;
  private isAnimated = false;
  private frame = FRAME;

  constructor({ title, tempo, parts, studio }: PageData) {
    const out = new MidiOut();
    this.player = new Player(tempo, out, () => this.showStart(), () => this.showStop(), () => {
      this.midi.watch();
      if (!this.player.isPlaying) return;
      for (const each of this.instruments) each.followPath(this.player.position());
    });
    const tempoPanel = new TempoPanel(tempo, (value) => this.player.setTempo(value));
    this.sync = new Sync(this.player);
    const suffixes = parts.map((_, index) => (index ? `-${index + 1}` : ''));
    const map = new MidiMap(
      suffixes,
      (suffix, dimension, share) => (
        this.instruments[suffixes.indexOf(suffix)]?.pad.turn(dimension, share)),
      (words) => (find('in-words').textContent = words),
    );
    this.midi = new MidiPanel(out, this.sync, map, () => this.player.open(), (followed) => {
      tempoPanel.isEnabled = followed === null;
      if (followed !== null) tempoPanel.show(followed);
    });
    this.instruments = parts.map((part, index) => new Instrument(part, suffixes[index], {
      player: this.player,
      start: () => this.start(),
      isPlaying: () => this.player.isPlaying,
      getTempo: () => tempoPanel.value,
    }));
    this.panel = new StatePanel(
      new StateStore(title, parts.map(({ latent }) => latent)),
      () => ({ parts: this.instruments.map(({ state }) => state), maps: map.maps }),
      ({ parts: states, maps }) => {
        states.forEach((state, index) => (this.instruments[index].state = state));
        map.maps = maps;
      },
    );
    this.listen();
    for (const instrument of this.instruments) instrument.begin(Boolean(studio?.live));
    if (studio) this.linkStudio(studio);
  }

  private linkStudio({ name, live }: NonNullable<PageData['studio']>): void {
    const [instrument] = this.instruments;
    if (live) this.frame = FRAME_WHILE_LEARNING;
    new StudioLink(name, live, {
      renew: (data, isLive) => {
        this.frame = isLive ? FRAME_WHILE_LEARNING : FRAME;
        instrument.renew(data, isLive);
      },
      mark: (places) => instrument.pad.mark(places),
      choose: ({ z }) => instrument.takeOver([...z]),
    });
  }

  private listen(): void {
    find('play').addEventListener('click', () => this.toggle());
    document.addEventListener('keydown', (event) => this.useKey(event));
    // Nothing can end the notes at a MIDI port once the page is gone.
    window.addEventListener('pagehide', () => this.player.stop());
  }

  private useKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.matches('input[type="search"], input[type="number"], select')) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === 'z') {
      event.preventDefault();
      this.panel.undo();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const slot = /^Digit([1-8])$/.exec(event.code);
    if (slot) {
      for (const each of this.instruments) each.useSnapshot(Number(slot[1]) - 1, event.shiftKey);
    }
    if (event.key === ' ' && !target.matches('button, summary, input[type="file"]')) {
      event.preventDefault();
      this.toggle();
    }
  }

  private toggle(): void {
    if (this.player.isPlaying) this.player.stop();
    else void this.start();
  }

  private async start(): Promise<void> {
    if (this.player.isPlaying) return;
    await this.player.open();
    if (this.midi.hearsClock) this.sync.join();
    else this.player.start();
  }

  private showStart(): void {
    this.showPlaying(true);
    if (this.isAnimated) return;
    this.isAnimated = true;
    this.animate();
  }

  private showStop(): void {
    for (const instrument of this.instruments) instrument.showStop();
    this.showPlaying(false);
    setTimeout(() => {
      if (!this.player.isPlaying && !this.midi.isFollowing) this.player.close();
    }, TAIL);
  }

  private showPlaying(isPlaying: boolean): void {
    press(find('play'), isPlaying);
    find('play-name').textContent = isPlaying ? 'Stop' : 'Play';
  }

  private animate(): void {
    this.isAnimated = this.player.isPlaying;
    if (!this.isAnimated) return;
    const tick = Math.max(0, this.player.position());
    for (const instrument of this.instruments) instrument.showTick(tick);
    setTimeout(() => requestAnimationFrame(() => this.animate()), this.frame);
  }
}

readData(find('data').textContent!).then((data) => new Page(data)).catch((error: Error) => {
  showTrouble(`This page cannot be shown: ${error.message}`);
});
