// Applies TF.js layers models from disk to inputs from disk, one row at a time as a device does.
//
//   node apply_model.cjs JOB_FOLDER
//
// JOB_FOLDER/job.json: {tfjs: folder of the runtime, models: [{folder, rows, inputs: [{file, shape}]}]}
// JOB_FOLDER/result.json: {version, models: [{outputs: [{file, shape}]} or {error}]}
// The files hold float32 values, row after row; shapes are those of one row.
'use strict';
const fs = require('fs');
const path = require('path');

// Stands in for file://, which only tfjs-node has.
function folderHandler(folder) {
  return {
    async load() {
      const model = JSON.parse(fs.readFileSync(path.join(folder, 'model.json'), 'utf8'));
      const paths = model.weightsManifest.flatMap((group) => group.paths);
      const data = Buffer.concat(paths.map((file) => fs.readFileSync(path.join(folder, file))));
      return {
        modelTopology: model.modelTopology,
        format: model.format,
        generatedBy: model.generatedBy,
        convertedBy: model.convertedBy,
        userDefinedMetadata: model.userDefinedMetadata,
        weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
        weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
      };
    },
  };
}

function sizeOf(shape) {
  return shape.reduce((size, length) => size * length, 1);
}

function readFloats(file) {
  const data = fs.readFileSync(file);
  return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}

function applyToRow(tf, model, inputs, row) {
  const tensors = inputs.map(({ values, shape }) => {
    const size = sizeOf(shape);
    return tf.tensor(values.slice(row * size, (row + 1) * size), [1, ...shape]);
  });
  const outputs = model.apply(tensors.length === 1 ? tensors[0] : tensors);
  return (Array.isArray(outputs) ? outputs : [outputs]).map((output) => ({
    values: output.dataSync(),
    shape: output.shape.slice(1),
  }));
}

async function applyModel(tf, job, jobFolder, index) {
  const model = await tf.loadLayersModel(folderHandler(job.folder));
  const inputs = job.inputs.map(({ file, shape }) => ({
    values: readFloats(path.join(jobFolder, file)),
    shape,
  }));
  const rows = [];
  for (let row = 0; row < job.rows; row++) {
    rows.push(tf.tidy(() => applyToRow(tf, model, inputs, row)));
  }
  return rows[0].map(({ shape }, output) => {
    const file = `output-${index}-${output}.bin`;
    const bytes = rows.map((row) => Buffer.from(Float32Array.from(row[output].values).buffer));
    fs.writeFileSync(path.join(jobFolder, file), Buffer.concat(bytes));
    return { file, shape };
  });
}

async function main(jobFolder) {
  const job = JSON.parse(fs.readFileSync(path.join(jobFolder, 'job.json'), 'utf8'));
  const tf = require(job.tfjs);
  const models = [];
  for (const [index, model] of job.models.entries()) {
    try {
      models.push({ outputs: await applyModel(tf, model, jobFolder, index) });
    } catch (error) {
      models.push({ error: String((error && error.message) || error) });
    }
  }
  const result = { version: tf.version.tfjs, models };
  fs.writeFileSync(path.join(jobFolder, 'result.json'), JSON.stringify(result));
}

if (require.main === module) {
  main(process.argv[2]).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

module.exports = { folderHandler };
