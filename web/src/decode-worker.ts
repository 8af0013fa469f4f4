// Runs the decoder in a worker, so that playing and drawing do not wait for it.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';

import type { Model } from './data';

/** `[points][latent]` to decode; the model comes first. */
export type Request = { model: Model } | { z: number[][] };

/** `[features][points * cells]`, or a sentence that says why there are none. */
export type Answer = { outputs: Float32Array[] } | { trouble: string };

let model: Promise<LayersModel> | undefined;

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  try {
    if ('model' in data) {
      const last = model;
      model = load(data.model);
      await model;
      (await last)?.dispose();
    } else {
      answer({ outputs: await decode((await model)!, data.z) });
    }
  } catch (error) {
    answer({ trouble: `The model cannot be played: ${(error as Error).message}` });
  }
};

function answer(message: Answer): void {
  self.postMessage(message);
}

async function load({ topology, weightSpecs, weights }: Model): Promise<LayersModel> {
  await tf.setBackend('cpu');
  return loadLayersModel(tf.io.fromMemory({
    modelTopology: topology,
    weightSpecs: weightSpecs as tf.io.WeightsManifestEntry[],
    weightData: weights,
  }));
}

async function decode(decoder: LayersModel, z: number[][]): Promise<Float32Array[]> {
  const outputs = tf.tidy(() => [decoder.predict(tf.tensor2d(z))].flat());
  const values = await Promise.all(outputs.map((output) => output.data()));
  tf.dispose(outputs);
  if (!values.every((numbers) => numbers.every(Number.isFinite))) {
    throw new Error('it decodes to values that are not numbers.');
  }
  return values as Float32Array[];
}
