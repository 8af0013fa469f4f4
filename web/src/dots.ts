// The dots of a map: which loops have one, and how it looks.

import type { OwnLoop } from './data';

const MAX_DOTS = 300; // more are hard to hit and slow to draw; the search finds the others
const EDGE = 'rgb(0 0 0 / 0.6)';

/** Chooses loops to draw: those that the pad plays exactly, and some others below them. */
export function chooseDots(loops: OwnLoop[]): number[] {
  const numbers = loops.map((_, number) => number);
  const exact = takeEvenly(numbers.filter((number) => !loops[number].near), MAX_DOTS);
  const near = numbers.filter((number) => loops[number].near);
  return [...takeEvenly(near, MAX_DOTS - exact.length), ...exact];
}

function takeEvenly(numbers: number[], count: number): number[] {
  const stride = Math.max(1, numbers.length / count);
  return Array.from({ length: Math.min(count, numbers.length) }, (_, index) => (
    numbers[Math.floor(index * stride)]));
}

export function drawRing(context: CanvasRenderingContext2D, x: number, y: number, color: string): void {
  context.beginPath();
  context.arc(x, y, 3, 0, 2 * Math.PI);
  // Dark around light, so that it shows on every color.
  for (const [style, width] of [[EDGE, 2.5], [color, 1]] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

export function drawDot(
  context: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.strokeStyle = EDGE;
  context.lineWidth = 1;
  context.stroke();
}
