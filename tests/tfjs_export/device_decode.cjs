// Decodes grids as the devices do: model.apply(z), then each output reshaped to [rows, steps].
//
//   node device_decode.cjs JOB.json GRIDS.json
'use strict';
const fs = require('fs');
const { folderHandler } = require('../../tfjs_export/apply_model.cjs');

async function main(jobFile, gridsFile) {
  const job = JSON.parse(fs.readFileSync(jobFile, 'utf8'));
  const tf = require(`../../tfjs_export/node_modules/tfjs-${job.version}`);
  const grids = {};
  for (const [name, { folder, rows, steps }] of Object.entries(job.decoders)) {
    const decoder = await tf.loadLayersModel(folderHandler(folder));
    const decoded = job.z.map((z) => {
      const outputs = decoder.apply(tf.tensor2d(z, [1, 2]));
      return outputs.map((output) => output.reshape([rows, steps]).arraySync());
    });
    // From [z][feature] to [feature][z].
    grids[name] = decoded[0].map((_, feature) => decoded.map((features) => features[feature]));
  }
  fs.writeFileSync(gridsFile, JSON.stringify(grids));
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
