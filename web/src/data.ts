// The data that `melodyvae/pages/play_page.py` writes into the page.

import type { System } from './notes';

/** A loop of the library: its point and the cells where its notes start. */
export interface OwnLoop {
  file: number;
  /** Number within its file, from 0. */
  position: number;
  z: number[];
  rows: number[];
  steps: number[];
  /** Whether the pad plays something close to the loop at its place, and not the loop itself. */
  near: boolean;
}

export interface Library {
  files: string[];
  /** Quarter notes per minute and time signature of each file; empty if unknown. */
  tempos: number[];
  metres: string[];
  /** Number of loops; `loops` holds at most as many as the page can search. */
  total: number;
  loops: OwnLoop[];
  /** Semitones by which loops were transposed for training, including 0. */
  shifts: number[];
}

/** A decoder as TensorFlow.js reads it. */
export interface Model {
  topology: object;
  weightSpecs: object[];
  weights: ArrayBuffer;
}

/** A loop of a clip that is not in the library. */
export interface Place {
  name: string;
  z: number[];
}

/** A model with its map. */
export interface PartData {
  title: string;
  system: System & {
    name: string;
    rowNames: Record<string, string>;
    shadedRows: number[];
    /** The most common time signature of the library, such as '3/4'. */
    metre: string;
    stepsPerBar: number;
  };
  /** Dimensions of z. */
  latent: number;
  /** The largest absolute value of z on the pad. */
  pad: number;
  threshold: number;
  /** The library; null if the model comes without one. */
  library: Library | null;
  model: Model;
}

export interface PageData {
  title: string;
  tempo: number;
  parts: PartData[];
  /** The run of the studio that serves the page, and when its model was written during training, or
   * 0 after training; null for a page in a file. */
  studio: { name: string; live: number } | null;
}

/** Reads the page's data. Its large parts are gzip in base64. */
export async function readData(json: string): Promise<PageData> {
  const data = JSON.parse(json);
  return { ...data, parts: await Promise.all(data.parts.map(unpack)) };
}

async function unpack(part: any): Promise<PartData> {
  const model = { ...part.model, weights: await decompress(part.model.weights) };
  const library = part.library && JSON.parse(
    new TextDecoder().decode(await decompress(part.library)));
  return { ...part, model, library };
}

async function decompress(base64: string): Promise<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}
