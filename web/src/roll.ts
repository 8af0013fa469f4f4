// The piano roll: shows what sounds and, in outline, the nearest loop of the library.

import { startInClip, TICKS_PER_QUARTER, type Clip } from './clip';
import type { PartData } from './data';
import { colorRow } from './terrain';

const LEFT_OF_PITCHES = 30; // room for names, in pixels
const LEFT_OF_DRUMS = 92;

export interface Outline {
  rows: number[];
  steps: number[];
}

export class Roll {
  private clip: Clip = { notes: [], length: 1 };
  private outline: Outline = { rows: [], steps: [] };
  private lowest = 0; // pitch of the first row of a melody

  /** @param head the playhead, a line over the canvas: drawing it would draw all notes again. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly head: HTMLElement,
    private readonly system: PartData['system'],
  ) {
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  /** @param shift semitones by which the clip is transposed. */
  show(clip: Clip, outline: Outline, shift: number): void {
    this.clip = clip;
    this.lowest = Math.min(...this.system.pitches) + shift;
    this.outline = outline;
    this.canvas.setAttribute('aria-label', `Piano roll: ${clip.notes.length} notes`);
    this.draw();
  }

  /** Tells assistive technology whether another clip is being decoded. */
  set isBusy(isBusy: boolean) {
    this.canvas.setAttribute('aria-busy', String(isBusy));
  }

  /** Shows the playhead at a share of the loop, or hides it for null. */
  showHead(share: number | null): void {
    this.head.hidden = share === null;
    // In units of the roll: a window made narrower moves the line before the next frame does.
    const x = `${this.left}px + ${share ?? 0} * (100cqw - ${this.left}px)`;
    this.head.style.transform = `translateX(calc(${x}))`;
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width) return;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    const context = this.canvas.getContext('2d')!;
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(this.canvas);
    const { left } = this;
    this.drawNames(context, height, left, style);
    context.translate(left, 0);
    this.drawPaper(context, width - left, height, style);
    this.drawOutline(context, width - left, height, style.getPropertyValue('--strong-line'));
    this.drawNotes(context, width - left, height, style);
  }

  private drawNames(
    context: CanvasRenderingContext2D, height: number, left: number, style: CSSStyleDeclaration,
  ): void {
    context.font = `11px ${style.fontFamily}`;
    context.fillStyle = style.getPropertyValue('--quiet');
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const [row, name] of Object.entries(this.system.rowNames)) {
      context.fillText(name, left - 7, this.yOf(Number(row), height) + this.rowHeight(height) / 2);
    }
  }

  private drawPaper(
    context: CanvasRenderingContext2D, width: number, height: number, style: CSSStyleDeclaration,
  ): void {
    context.fillStyle = style.getPropertyValue('--shade');
    for (const row of this.system.shadedRows) {
      context.fillRect(0, this.yOf(row, height), width, this.rowHeight(height));
    }
    const { loopSteps, stepsPerQuarter, stepsPerBar } = this.system;
    const beatsPerBar = Math.ceil(stepsPerBar / stepsPerQuarter);
    for (let beat = 0; ; beat += 1) {
      const bar = Math.floor(beat / beatsPerBar);
      const step = bar * stepsPerBar + (beat % beatsPerBar) * stepsPerQuarter;
      if (step > loopSteps) break;
      const isBar = beat % beatsPerBar === 0;
      context.fillStyle = style.getPropertyValue(isBar ? '--strong-line' : '--line');
      context.fillRect(Math.min(width - 1, (step / loopSteps) * width), 0, 1, height);
    }
  }

  private drawOutline(
    context: CanvasRenderingContext2D, width: number, height: number, color: string,
  ): void {
    const step = width / this.system.loopSteps;
    context.strokeStyle = color;
    this.outline.rows.forEach((row, index) => {
      const y = this.yOf(row, height) + 0.5;
      const x = this.outline.steps[index] * step + 0.5;
      context.strokeRect(x, y, Math.max(3, step - 1), this.rowHeight(height) - 1);
    });
  }

  private drawNotes(
    context: CanvasRenderingContext2D, width: number, height: number, style: CSSStyleDeclaration,
  ): void {
    const [low, high] = ['--low-note', '--high-note'].map((name) => Number(style.getPropertyValue(name)));
    const tick = width / this.clip.length;
    // A drum has no length: it is as wide as a sixteenth.
    const widest = this.isDrums ? TICKS_PER_QUARTER / 4 : Infinity;
    for (const { pitch, velocity, start, end } of startInClip(this.clip).notes) {
      const row = this.isDrums ? this.system.pitches.indexOf(pitch) : pitch - this.lowest;
      const inside = Math.min(this.system.rows - 1, Math.max(0, row));
      context.fillStyle = context.strokeStyle = colorRow(
        inside / Math.max(1, this.system.rows - 1), low, high);
      context.beginPath();
      const long = Math.max(3, Math.min(end - start, widest) * tick - 2);
      const tall = this.rowHeight(height) - 2;
      context.roundRect(start * tick + 0.5, this.yOf(inside, height) + 1, long, tall, 2.5);
      context.globalAlpha = velocity / 127;
      context.fill();
      context.globalAlpha = 1; // the edge of a soft note is as clear as that of a loud one
      context.stroke();
    }
  }

  private get isDrums(): boolean {
    return this.system.messages === 'drums';
  }

  /** Where the notes begin, in pixels. */
  private get left(): number {
    return this.isDrums ? LEFT_OF_DRUMS : LEFT_OF_PITCHES;
  }

  private rowHeight(height: number): number {
    return height / this.system.rows;
  }

  private yOf(row: number, height: number): number {
    return height - (row + 1) * this.rowHeight(height);
  }
}
