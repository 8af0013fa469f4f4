// What Python has put into the page: `melodyvae/studio/page.py` writes it.

import type { System } from './notes';

/** One of the library's own loops: where it lies and the cells where its notes begin. */
export interface OwnLoop {
  file: number;
  /** Number within its file, from 0. */
  position: number;
  z: number[];
  rows: number[];
  steps: number[];
}

export interface Library {
  files: string[];
  /** Loops in all; `loops` has as many of them as a page shows. */
  total: number;
  loops: OwnLoop[];
  /** Semitones that loops were moved by for training, 0 among them. */
  shifts: number[];
}

/** A decoder as TensorFlow.js reads it. */
export interface Model {
  topology: object;
  weightSpecs: object[];
  weights: ArrayBuffer;
}

/** A loop of a clip that is none of the library. */
export interface Place {
  name: string;
  z: number[];
}

export interface PageData {
  system: System & { name: string; rowNames: Record<string, string>; shadedRows: number[] };
  /** Dimensions of z. */
  latent: number;
  /** How far the pad reaches from its middle. */
  pad: number;
  threshold: number;
  tempo: number;
  title: string;
  /** The library's own loops; null where there are none to show. */
  library: Library | null;
  model: Model;
  /** The run in the studio that serves the page, and when a model that still learns was written,
   * 0 for one that does not; null for a file. */
  studio: { name: string; live: number } | null;
}

/** Reads a page's data, of which the large parts are gzip in base64. */
export async function readData(json: string): Promise<PageData> {
  const data = JSON.parse(json);
  const model = { ...data.model, weights: await decompress(data.model.weights) };
  const library = data.library && JSON.parse(
    new TextDecoder().decode(await decompress(data.library)));
  return { ...data, model, library };
}

async function decompress(base64: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}
