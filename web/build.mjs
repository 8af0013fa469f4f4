// Builds the scripts and styles of the pages into melodyvae/pages/assets, or into the folder named.
//
// Usage: node build.mjs [FOLDER]

import { build } from 'esbuild';
import { readFile, writeFile, mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, '../melodyvae/pages/assets');
const options = {
  absWorkingDir: here,
  bundle: true,
  charset: 'ascii',
  define: { 'process.env.NODE_ENV': '"production"' },
  format: 'iife',
  legalComments: 'none',
  metafile: true,
  minify: true,
  preserveSymlinks: true,
  target: 'es2022',
  write: false,
};

const worker = await build({ ...options, entryPoints: ['src/decode-worker.ts'] });
const inlinedWorker = {
  name: 'decode-worker',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^decode-worker$/ }, ({ path }) => ({ path, namespace: 'worker' }));
    onLoad({ filter: /.*/, namespace: 'worker' }, () => ({
      contents: worker.outputFiles[0].text, loader: 'text',
    }));
  },
};
const entryPoints = ['src/page.ts', 'src/page.css', 'src/studio.ts', 'src/studio.css', 'src/report.ts'];
const pages = await build({ ...options, entryPoints, outdir: 'built', plugins: [inlinedWorker] });

await mkdir(folder, { recursive: true });
for (const { path, contents } of pages.outputFiles) {
  await writeFile(join(folder, basename(path)), contents);
}
await writeFile(join(folder, 'LICENCES.txt'), await listLicences());

/** Returns the licenses of all packages that the scripts contain. */
async function listLicences() {
  const inputs = [worker, pages].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const found = inputs.map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
  const parts = [];
  for (const name of [...new Set(found.filter(Boolean))].sort()) {
    const root = join(here, 'node_modules', name);
    const { version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const files = await readdir(root);
    const text = files.find((file) => /^licen[cs]e/i.test(file));
    const words = text ? (await readFile(join(root, text), 'utf8')).trim() : '';
    parts.push(`${name} ${version}: ${license}\n\n${words}`.trim());
  }
  const ruler = `\n\n${'-'.repeat(80)}\n\n`;
  return `The scripts of the pages contain these packages.${ruler}${parts.join(ruler)}\n`;
}
