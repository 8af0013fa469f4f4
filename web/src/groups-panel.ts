// Mutes and locks the voices of drums, or the bars of a melody, and sets how dense each voice is.

import type { PartData } from './data';
import { Dial, isPressed, makeButton, press, type Find } from './dials';
import type { Cell } from './notes';

/** What of the panel is stored, besides its dials. */
export interface GroupsState {
  muted: number[];
  /** Groups with the notes that stay. */
  locked: [group: number, cells: Cell[]][];
}

interface Group {
  mute: HTMLButtonElement;
  lock: HTMLButtonElement;
  density: Dial | null;
}

export class GroupsPanel {
  private readonly groups: Map<number, Group>;
  private locked = new Map<number, Cell[]>();

  /** @param getCells returns what the point of the pad gives, without mutes and locks. */
  constructor(
    find: Find,
    private readonly system: PartData['system'],
    suffix: string,
    private readonly getCells: () => Cell[],
    private readonly onChange: () => void,
    private readonly onDensity: () => void,
  ) {
    const names = this.isDrums ? system.rowNames : nameBars(system);
    const lines = Object.entries(names).map(([group, name]) => (
      this.makeGroup(Number(group), name, suffix)));
    this.groups = new Map(lines.map(({ group, ...parts }) => [group, parts]));
    find('groups').replaceChildren(...lines.map(({ line }) => line));
  }

  get state(): GroupsState {
    return { muted: this.muted, locked: [...this.locked] };
  }

  set state({ muted, locked }: GroupsState) {
    this.locked = new Map(locked);
    for (const [group, { mute, lock }] of this.groups) {
      press(mute, muted.includes(group));
      press(lock, this.locked.has(group));
    }
    this.onChange();
  }

  /** Densities as `Choice` has them; that of a melody is a dial of its own. */
  get densities(): number[] {
    const densities: number[] = [];
    for (const [row, { density }] of this.groups) densities[row] = density?.value ?? 0;
    return densities;
  }

  /** Returns cells with those that are locked in place of new ones, by step, then row. */
  keepLocked(cells: Cell[]): Cell[] {
    const free = cells.filter((cell) => !this.locked.has(this.groupOf(cell)));
    return [...free, ...[...this.locked.values()].flat()]
      .sort((a, b) => a.step - b.step || a.row - b.row);
  }

  leaveOutMuted(cells: Cell[]): Cell[] {
    const { muted } = this;
    return cells.filter((cell) => !muted.includes(this.groupOf(cell)));
  }

  private get isDrums(): boolean {
    return this.system.messages === 'drums';
  }

  private get muted(): number[] {
    return [...this.groups].flatMap(([group, { mute }]) => (isPressed(mute) ? [group] : []));
  }

  private groupOf({ row, step }: Cell): number {
    return this.isDrums ? row : Math.floor(step / this.system.stepsPerBar);
  }

  private makeGroup(group: number, name: string, suffix: string) {
    const line = document.createElement('div');
    const mute = makeButton(name, (event) => this.mute(group, event.shiftKey));
    const lock = makeButton('Lock', () => this.lock(group));
    mute.id = `mute-${group}${suffix}`;
    mute.setAttribute('aria-label', `Mute ${name}`);
    lock.id = `lock-${group}${suffix}`;
    lock.setAttribute('aria-label', `Lock ${name}`);
    for (const button of [mute, lock]) press(button, false);
    line.append(mute, lock);
    return { group, line, mute, lock, density: this.isDrums ? this.addDensity(line, group, name, suffix) : null };
  }

  private addDensity(line: HTMLElement, row: number, name: string, suffix: string): Dial {
    const label = document.createElement('label');
    label.className = 'dial';
    label.innerHTML = '<input type="range" min="-1" max="1" step="0.05" value="0">';
    line.append(label);
    const input = label.querySelector('input')!;
    input.id = `row-density-${row}${suffix}`;
    input.setAttribute('aria-label', `Density of ${name}`);
    const dial = new Dial(input, describeDensity, () => this.onDensity());
    dial.value = 0;
    return dial;
  }

  private mute(group: number, isSolo: boolean): void {
    const all = [...this.groups.keys()];
    const others = all.filter((other) => other !== group);
    const { muted } = this;
    const isAlone = !muted.includes(group) && muted.length === others.length;
    const soloed = isAlone ? [] : others;
    const toggled = muted.includes(group)
      ? muted.filter((other) => other !== group) : [...muted, group];
    this.state = { ...this.state, muted: isSolo ? soloed : toggled };
  }

  private lock(group: number): void {
    const cells = this.keepLocked(this.getCells()).filter((cell) => this.groupOf(cell) === group);
    const isLocked = !this.locked.delete(group);
    if (isLocked) this.locked.set(group, cells);
    press(this.groups.get(group)!.lock, isLocked);
    this.onChange();
  }
}

/** Says in words what a density from -1 to 1 does. */
export function describeDensity(value: number): string {
  const words = ['silent', 'sparse', 'fewer', 'as learned', 'more', 'dense', 'full'];
  return words[Math.sign(value) * Math.ceil(3 * Math.abs(value)) + 3];
}

function nameBars(system: PartData['system']): Record<string, string> {
  const bars = Math.ceil(system.loopSteps / system.stepsPerBar);
  return Object.fromEntries(Array.from({ length: bars }, (_, bar) => [bar, `Bar ${bar + 1}`]));
}
