// Presses play buttons of a report, first that of the most notes, and returns what it sounds like.
//
// Arguments: REPORT.html

import { pathToFileURL } from 'node:url';

import { browser } from './browser.mjs';
import { watch } from './watch.mjs';

export default async function run(report) {
  const LIMIT = 8000; // ms: more than a round of a loop

  const page = await browser.newPage();
  const errors = [];
  watch(page, errors);

  // What goes to the loudspeakers goes to a meter too, and every source that starts is written down.
  await page.addInitScript(() => {
    window.starts = [];
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (...to) {
      if (to[0] instanceof AudioDestinationNode) {
        window.meter ??= new AnalyserNode(this.context, { fftSize: 2048 });
        connect.call(this, window.meter);
      }
      return connect.apply(this, to);
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when) {
      window.starts.push({ when, frequency: this.frequency.value });
      return start.call(this, when);
    };
    const startBuffer = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when) {
      window.starts.push({ when, frequency: 0 });
      return startBuffer.call(this, when);
    };
    window.listen = async (milliseconds) => {
      let loudest = 0;
      const samples = new Float32Array(2048);
      for (const end = Date.now() + milliseconds; Date.now() < end && loudest < 0.01;) {
        window.meter.getFloatTimeDomainData(samples);
        loudest = Math.max(loudest, ...samples.map(Math.abs));
        await new Promise((resolve) => { setTimeout(resolve, 20); });
      }
      return loudest;
    };
  });
  await page.goto(pathToFileURL(report).href);
  await page.locator('details').evaluateAll((all) => all.forEach((one) => { one.open = true; }));

  const buttons = page.getByRole('button', { name: /^Play / });
  const playing = () => page.getByRole('button', { name: /^Stop / }).evaluateAll(
    (all) => all.map((button) => button.dataset.name),
  );
  const names = await buttons.evaluateAll((all) => all.map((button) => button.dataset.name));
  const notes = (await buttons.evaluateAll((all) => all.map((button) => button.dataset.notes)))
    .map((text) => JSON.parse(text));
  const longest = notes.reduce((best, one, index) => (one.length > notes[best].length ? index : best), 0);
  const other = longest ? 0 : 1;
  const [first, second] = [longest, other].map((index) => page.locator('button[data-notes]').nth(index));
  await first.click();
  const starts = await page.evaluate(() => window.starts.slice());
  const loudest = await page.evaluate((limit) => window.listen(limit), LIMIT);
  const sounding = { names: await playing(), loudest };
  await second.click();
  const changed = await playing();
  await second.click();
  await page.waitForTimeout(200);
  const stopped = { names: await playing(), loudest: await page.evaluate(() => window.listen(300)) };
  return {
    errors, names, pressed: [names[longest], names[other]], notes: notes[longest], starts, sounding, changed, stopped,
  };
}
