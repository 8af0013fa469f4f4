// The pad: chooses a point of the latent space, over a map of the library's loops.

import type { Library, Place } from './data';
import { chooseDots, drawDot, drawRing } from './dots';
import { SIDE, type Terrain } from './terrain';

const MARGIN = 8; // pixels from the edge to a square that would hang over it
const NEAR = 9; // pixels from a dot that count as on it
const STEP = 0.02; // share of the pad's reach per arrow key; five times as far with Shift
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
};

export interface PadListener {
  move(z: number[]): void;
  /** The pointer is on the dot of a loop of the library, or on none. */
  hover(loop: number | null): void;
}

/** A loop of the library on the pad, in pixels. */
interface Dot {
  loop: number;
  x: number;
  y: number;
}

export class Pad {
  private path: number[][] = [];
  private file: number | null = null;
  private places: Place[] = [];
  private dots: Dot[] = [];
  private isDrawn = true; // whether the next frame need not draw
  private isMapDrawn = true;
  /** Everything that does not follow the point: the picture of the pad, its lines and dots. */
  private readonly map = document.createElement('canvas');

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly reach: number,
    private z: number[],
    private readonly library: Library | null,
    private readonly terrain: Terrain,
    private readonly listener: PadListener,
  ) {
    canvas.setAttribute('aria-valuemin', String(-reach));
    canvas.setAttribute('aria-valuemax', String(reach));
    canvas.addEventListener('pointerdown', (event) => this.press(event));
    canvas.addEventListener('pointermove', (event) => this.follow(event));
    canvas.addEventListener('pointerleave', () => this.hover(null));
    canvas.addEventListener('keydown', (event) => this.step(event));
    new ResizeObserver(() => this.drawMap()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.drawMap());
  }

  /** Shows a point without telling the listener. */
  show(z: number[]): void {
    this.z = z;
    const words = z.slice(0, 2).map((value, index) => `z${index + 1} ${value.toFixed(2)}`);
    this.canvas.setAttribute('aria-valuenow', z[0].toFixed(2));
    this.canvas.setAttribute('aria-valuetext', words.join(', '));
    this.draw();
  }

  showPath(path: number[][]): void {
    this.path = path;
    this.draw();
  }

  /** Marks the loops of a clip that is not in the library. */
  mark(places: Place[]): void {
    this.places = places;
    this.draw();
  }

  /** Draws the map again, because what it shows has changed. */
  drawMap(): void {
    this.isMapDrawn = false;
    this.draw();
  }

  /** Draws in the next frame, which a hidden page does not have. */
  private draw(): void {
    if (!this.isDrawn) return;
    this.isDrawn = false;
    requestAnimationFrame(() => {
      this.isDrawn = true;
      const size = this.canvas.clientWidth;
      if (size) this.paint(size, getComputedStyle(this.canvas));
    });
  }

  private paint(size: number, style: CSSStyleDeclaration): void {
    const color = style.getPropertyValue('--dot');
    if (!this.isMapDrawn) {
      this.isMapDrawn = true;
      const map = this.prepare(this.map, size);
      this.drawTerrain(map, size, Number(style.getPropertyValue('--terrain')));
      this.drawLines(map, size, style.getPropertyValue('--pad-line'));
      this.drawDots(map, color);
    }
    const context = this.prepare(this.canvas, size);
    context.drawImage(this.map, 0, 0, size, size);
    this.drawChosen(context, color);
    this.drawPlaces(context, size, color);
    this.drawPath(context, color);
    this.drawPoint(context, color);
  }

  private prepare(canvas: HTMLCanvasElement, size: number): CanvasRenderingContext2D {
    canvas.width = canvas.height = Math.round(size * devicePixelRatio);
    const context = canvas.getContext('2d')!;
    context.scale(devicePixelRatio, devicePixelRatio);
    return context;
  }

  private drawTerrain(context: CanvasRenderingContext2D, size: number, opacity: number): void {
    context.globalAlpha = opacity;
    context.imageSmoothingQuality = 'high';
    // The outermost points lie on the edges: half a pixel of the picture hangs over.
    const cell = size / (SIDE - 1);
    context.drawImage(this.terrain.canvas, -cell / 2, -cell / 2, size + cell, size + cell);
    context.globalAlpha = 1;
  }

  private drawLines(context: CanvasRenderingContext2D, size: number, color: string): void {
    context.strokeStyle = color;
    context.lineWidth = 1;
    context.beginPath();
    for (let line = 1; line < 8; line++) {
      const at = Math.round((size * line) / 8) + 0.5;
      context.moveTo(at, 0);
      context.lineTo(at, size);
      context.moveTo(0, at);
      context.lineTo(size, at);
    }
    context.stroke();
  }

  private drawDots(context: CanvasRenderingContext2D, color: string): void {
    const loops = this.library?.loops ?? [];
    this.dots = chooseDots(loops).map((loop) => ({ loop, ...this.toPixels(loops[loop].z) }));
    for (const { loop, x, y } of this.dots) {
      if (loops[loop].near) drawRing(context, x, y, color);
      else drawDot(context, x, y, 4, color);
    }
  }

  /** Draws the loops of the file under the pointer, all of them. */
  private drawChosen(context: CanvasRenderingContext2D, color: string): void {
    if (this.file === null) return;
    for (const { file, z } of this.library!.loops) {
      if (file !== this.file) continue;
      const { x, y } = this.toPixels(z);
      drawDot(context, x, y, 6, color);
    }
  }

  private drawPlaces(context: CanvasRenderingContext2D, size: number, color: string): void {
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = 2;
    context.font = '12px system-ui, sans-serif';
    context.shadowColor = 'rgb(0 0 0 / 0.7)';
    context.shadowBlur = 4;
    this.places.forEach(({ name, z }, number) => {
      const dot = this.toPixels(z);
      const [x, y] = [dot.x, dot.y].map((at) => Math.min(size - MARGIN, Math.max(MARGIN, at)));
      context.strokeRect(x - 5, y - 5, 10, 10);
      if (number) return; // more names would hide one another
      const isLeft = x < size / 2;
      context.textAlign = isLeft ? 'left' : 'right';
      context.fillText(name, x + (isLeft ? 10 : -10), y < 20 ? y + 18 : y - 8, size / 2);
    });
    context.shadowBlur = 0;
  }

  private drawPath(context: CanvasRenderingContext2D, color: string): void {
    if (this.path.length < 2) return;
    context.beginPath();
    for (const z of this.path) {
      const { x, y } = this.toPixels(z);
      context.lineTo(x, y);
    }
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.setLineDash([1, 5]);
    context.lineCap = 'round';
    context.stroke();
    context.setLineDash([]);
  }

  private drawPoint(context: CanvasRenderingContext2D, color: string): void {
    const { x, y } = this.toPixels(this.z);
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = 2.5;
    context.shadowColor = 'rgb(0 0 0 / 0.45)';
    context.shadowBlur = 10;
    context.beginPath();
    context.arc(x, y, 15, 0, 2 * Math.PI);
    context.stroke();
    context.beginPath();
    context.arc(x, y, 4.5, 0, 2 * Math.PI);
    context.fill();
    context.shadowBlur = 0;
  }

  private press(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    const loop = this.findDot(event);
    this.move(loop === null ? this.toPoint(event) : [...this.library!.loops[loop].z]);
  }

  private follow(event: PointerEvent): void {
    if (event.buttons) this.move(this.toPoint(event));
    this.hover(this.findDot(event));
  }

  private hover(loop: number | null): void {
    const file = loop === null ? null : this.library!.loops[loop].file;
    if (file !== this.file) {
      this.file = file;
      this.draw();
    }
    this.listener.hover(loop);
  }

  private step(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== 'Home') return;
    event.preventDefault();
    const far = STEP * this.reach * (event.shiftKey ? 5 : 1);
    this.move(this.z.map((value, index) => {
      if (index > 1) return value;
      return arrow ? this.clamp(value + far * arrow[index]) : 0;
    }));
  }

  private move(z: number[]): void {
    this.show(z);
    this.listener.move(z);
    this.canvas.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** Moves one of the first two dimensions, as a knob does, to a share of the pad from 0 to 1. */
  turn(dimension: number, share: number): void {
    this.move(this.z.map((value, index) => (
      index === dimension ? (2 * share - 1) * this.reach : value)));
  }

  /** Returns the loop of the nearest dot, if it is near enough. */
  private findDot({ offsetX, offsetY }: PointerEvent): number | null {
    let best: { loop: number | null; away: number } = { loop: null, away: NEAR };
    for (const { loop, x, y } of this.dots) {
      const away = Math.hypot(x - offsetX, y - offsetY);
      if (away <= best.away) best = { loop, away };
    }
    return best.loop;
  }

  private toPixels(z: number[]): { x: number; y: number } {
    const size = this.canvas.clientWidth;
    const [right, up] = [z[0], z[1] ?? 0].map((value) => this.clamp(value) / this.reach);
    return { x: ((right + 1) / 2) * size, y: ((1 - up) / 2) * size };
  }

  private toPoint({ offsetX, offsetY }: PointerEvent): number[] {
    const size = this.canvas.clientWidth;
    const place = [(offsetX / size) * 2 - 1, 1 - (offsetY / size) * 2];
    return this.z.map((value, index) => (
      index > 1 ? value : this.clamp(place[index] * this.reach)));
  }

  private clamp(value: number): number {
    return Math.min(this.reach, Math.max(-this.reach, value));
  }
}
