// Decodes points into grids, the latest request first.

import type { Model } from './data';
import type { Answer, Request } from './decode-worker';
import type { Grids, System } from './notes';
import workerSource from 'decode-worker';

type Job = { z: number[][]; done: (patterns: Grids[]) => void };

/** Decodes in a worker, one request at a time. */
export class Decoder {
  private readonly worker: Worker;
  private running: Job | null = null;
  private next: Job | null = null;
  private readonly later: Job[] = [];

  constructor(
    model: Model,
    private readonly system: System,
    private readonly onTrouble: (sentence: string) => void,
  ) {
    const address = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
    this.worker = new Worker(address);
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.receive(data);
    this.send({ model });
  }

  /** Decodes with another model from now on, and drops waiting background requests. */
  replace(model: Model): void {
    this.later.length = 0;
    this.send({ model });
  }

  /** Decodes a point before everything else, and drops an earlier one that still waits. */
  decode(z: number[], done: (grids: Grids) => void): void {
    this.next = { z: [z], done: ([grids]) => done(grids) };
    this.run();
  }

  /** Whether the latest point is still to be decoded. */
  get isBehind(): boolean {
    return this.next !== null;
  }

  /** Decodes points in the background. */
  decodeLater(z: number[][], done: (patterns: Grids[]) => void): void {
    this.later.push({ z, done });
    this.run();
  }

  private run(): void {
    if (this.running) return;
    this.running = this.next ?? this.later.shift() ?? null;
    if (this.running === this.next) this.next = null;
    if (this.running) this.send({ z: this.running.z });
  }

  private receive(answer: Answer): void {
    const job = this.running;
    this.running = null;
    if ('trouble' in answer) this.onTrouble(answer.trouble);
    else if (job) job.done(this.split(answer.outputs, job.z.length));
    this.run();
  }

  private split(outputs: Float32Array[], count: number): Grids[] {
    const size = this.system.rows * this.system.steps;
    return Array.from({ length: count }, (_, point) => Object.fromEntries(
      this.system.features.map((name, index) => (
        [name, outputs[index].subarray(point * size, (point + 1) * size)]))));
  }

  private send(request: Request): void {
    this.worker.postMessage(request);
  }
}
