// Plays a page for an hour of a fake clock, and returns what it took and did.
//
// Arguments: PAGE.html, MINUTES

import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';

import { executablePath } from './browser.mjs';
import { watch } from './watch.mjs';

export default async function run(address, minutes) {
  const browser = await chromium.launch({
    executablePath, args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  });
  const page = await browser.newPage();
  const troubles = [];
  watch(page, troubles);
  await page.clock.install();
  await page.addInitScript(() => {
    // Audio runs on the fake clock, and its sources end when they are told to.
    const heard = window.heard = { started: 0, ended: 0, last: 0 };
    Object.defineProperty(BaseAudioContext.prototype, 'currentTime', {
      get: () => performance.now() / 1000,
    });
    AudioScheduledSourceNode.prototype.start = function (time) {
      heard.started++;
      heard.last = time;
    };
    AudioScheduledSourceNode.prototype.stop = function (time = 0) {
      setTimeout(() => {
        heard.ended++;
        this.dispatchEvent(new Event('ended'));
      }, Math.max(0, 1000 * time - performance.now()));
    };
    window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 1000);
    // The ticker, a worker of one line, runs on the fake clock as well.
    const RealWorker = Worker;
    const sizes = new Map();
    const makeAddress = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      const made = makeAddress(blob);
      sizes.set(made, blob.size);
      return made;
    };
    window.Worker = function (made) {
      if (sizes.get(made) > 200) return new RealWorker(made);
      const ticker = { onmessage: null };
      setInterval(() => ticker.onmessage?.({ data: 0 }), 25);
      return ticker;
    };
  });
  await page.goto(pathToFileURL(address).href);
  const session = await page.context().newCDPSession(page);
  const measure = async () => {
    await session.send('HeapProfiler.collectGarbage');
    await session.send('Performance.enable');
    const { metrics } = await session.send('Performance.getMetrics');
    const find = (name) => metrics.find((metric) => metric.name === name).value;
    return {
      heap: find('JSHeapUsedSize'), nodes: find('Nodes'), listeners: find('JSEventListeners'),
      ...await page.evaluate(() => window.heard),
    };
  };
  for (let wait = 0; wait < 100 && await page.isDisabled('#save-loop'); wait++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await page.clock.runFor(100);
  }
  await page.click('#play');
  const measured = [];
  for (let minute = 0; minute < Number(minutes); minute++) {
    await page.clock.runFor(60_000);
    if (minute % 10 === 9) measured.push(await measure());
  }
  const playing = await page.getAttribute('#play', 'aria-pressed');
  await browser.close();
  return { troubles, measured, playing };
}
