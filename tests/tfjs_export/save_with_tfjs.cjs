// Makes models in TF.js, as the devices make theirs, and saves each with TF.js's own save().
//
//   node save_with_tfjs.cjs VERSION FOLDER
'use strict';
const fs = require('fs');
const path = require('path');

const [version, root] = process.argv.slice(2);
const tf = require(`../../tfjs_export/node_modules/tfjs-${version}`);
const { layers } = tf;

// Writes what tfjs-node's file:// handler writes.
function folderSaver(folder) {
  return tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData, ...rest }) => {
    fs.mkdirSync(folder);
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    const model = { modelTopology, weightsManifest, ...rest };
    fs.writeFileSync(path.join(folder, 'model.json'), JSON.stringify(model));
    fs.writeFileSync(path.join(folder, 'weights.bin'), Buffer.from(weightData));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
}

function block(x, units, rate) {
  x = layers.dense({ units, kernelInitializer: 'glorotNormal' }).apply(x);
  x = layers.batchNormalization({ axis: 1 }).apply(x);
  x = layers.leakyReLU().apply(x);
  return rate === null ? x : layers.dropout({ rate }).apply(x);
}

function decoder(cells, hidden, first, activations, rate) {
  const z = tf.input({ shape: [2] });
  const x = block(z, first, rate);
  const outputs = activations.map((activation) =>
    layers.dense({ units: cells, activation }).apply(block(x, hidden, rate))
  );
  return tf.model({ inputs: z, outputs, name: 'decoder' });
}

function encoder(cells, hidden, features) {
  const inputs = Array.from({ length: features }, () => tf.input({ shape: [cells] }));
  const x = block(layers.concatenate().apply(inputs.map((one) => block(one, hidden, null))), hidden, null);
  const outputs = [layers.dense({ units: 2 }).apply(x), layers.dense({ units: 2 }).apply(x)];
  return tf.model({ inputs, outputs, name: 'encoder' });
}

function everyLayer() {
  const x = tf.input({ shape: [2, 6] });
  const y = layers.reshape({ targetShape: [4, 3] }).apply(x);
  const activations = ['linear', 'relu', 'sigmoid', 'softmax', 'softplus'];
  const branches = activations.map((activation) => layers.dense({ units: 3, activation }).apply(y));
  const tanh = layers.activation({ activation: 'tanh' }).apply(y);
  const joined = layers.concatenate({ axis: 1 }).apply([...branches, tanh]);
  const flat = layers.flatten().apply(layers.batchNormalization({ scale: false }).apply(joined));
  return tf.model({ inputs: x, outputs: [flat, tanh], name: 'every_layer' });
}

function sequence() {
  const model = tf.sequential({ name: 'sequential' });
  model.add(layers.dense({ units: 4, inputShape: [3], activation: 'relu', useBias: false, trainable: false }));
  model.add(layers.dropout({ rate: 0.5 }));
  return model;
}

async function trained() {
  const model = decoder(4, 3, 5, ['linear'], 0.2);
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await model.fit(tf.randomNormal([8, 2]), tf.randomNormal([8, 4]), { epochs: 2, verbose: 0 });
  return model;
}

// Moving means that are not 0, and the like: what a mistake would show.
function randomize(model) {
  const values = model.weights.map(({ originalName, shape }) =>
    originalName.endsWith('kernel')
      ? tf.randomNormal(shape, 0, Math.sqrt(2 / (shape[0] + shape[1])))
      : tf.randomUniform(shape, 0.2, 1.2)
  );
  model.setWeights(values);
}

async function main() {
  const models = {
    improved: decoder(768, 512, 1024, ['sigmoid', 'sigmoid', 'relu', 'tanh'], 0.2),
    rhythm: decoder(864, 512, 1024, ['sigmoid', 'sigmoid', 'tanh'], null),
    encoder: encoder(288, 64, 3),
    every_layer: everyLayer(),
    sequential: sequence(),
  };
  for (const [name, model] of Object.entries(models)) {
    randomize(model);
    model.setUserDefinedMetadata({ name });
    await model.save(folderSaver(path.join(root, name)));
  }
  const model = await trained();
  await model.save(folderSaver(path.join(root, 'trained')), { includeOptimizer: true });
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
