// Looks at a page as a person would; runs in the page.
export function inspect() {
  const width = document.documentElement.clientWidth;
  const visible = [...document.body.querySelectorAll('*')].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  });
  const name = (element) =>
    `${element.tagName.toLowerCase()}.${element.className} ` +
    element.textContent.trim().slice(0, 40);

  // Over the edge of the window, or clipped by an ancestor.
  const cutOff = visible.filter((element) => {
    if (element.ownerSVGElement) return false;
    const box = element.getBoundingClientRect();
    const clips = element.tagName !== 'svg' && getComputedStyle(element).overflowX !== 'visible';
    return box.left < -0.5 || box.right > width + 0.5 ||
      (clips && element.scrollWidth > element.clientWidth + 1);
  }).map(name);

  // Lines and names of a picture that lie outside it.
  const outside = [...document.querySelectorAll('svg use')].filter((part) => {
    const box = part.getBBox();
    const view = part.ownerSVGElement.viewBox.baseVal;
    return box.x < view.x - 0.5 || box.x + box.width > view.x + view.width + 0.5 ||
      box.y < view.y - 0.5 || box.y + box.height > view.y + view.height + 0.5;
  }).map((part) => part.getAttribute('href'));

  // Names of rows in a column that is too narrow to read.
  const squeezed = visible.filter((element) => element.scope === 'row' &&
    element.clientWidth < Math.min(80, 6 * element.textContent.trim().length)).map(name);

  const channels = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], alpha: a };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = channels(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return rgb;
    }
    return [255, 255, 255];
  };
  const contrast = (element) => {
    const text = channels(getComputedStyle(element).color).rgb;
    const [a, b] = [text, background(element)].map(luminance);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const holdsText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const faint = visible.filter(holdsText).filter((element) => contrast(element) < 4.5).map(name);

  // Controls that neither their border nor their ground sets apart from what lies behind them.
  const [surface, edge] = ['backgroundColor', 'borderTopColor'].map((property) => (
    (element) => channels(getComputedStyle(element)[property])));
  const ratio = (a, b) => {
    const [x, y] = [a, b].map(luminance);
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const pale = visible.filter((element) => element.matches(
    'button:enabled, select:enabled, input:enabled:not([type="range"], [type="file"])'))
    .filter((element) => {
      const behind = background(element.parentElement);
      return [surface(element), edge(element)].every(({ rgb, alpha }) => (
        !alpha || ratio(rgb, behind) < 3));
    }).map(name);

  const unnamed = visible.filter((element) => element.matches('button, input, select, canvas'))
    .filter((element) => !element.getAttribute('aria-label') && !element.labels?.length &&
      !element.textContent.trim()).map((element) => element.id || name(element));

  const images = [...document.images];
  const rolls = visible.filter((element) => element.tagName === 'svg');
  return {
    overflow: document.documentElement.scrollWidth - width,
    cutOff,
    outside,
    squeezed,
    faint,
    pale,
    unnamed,
    brokenImages: images.filter((image) => !image.naturalWidth).length,
    unnamedImages: images.filter((image) => !image.alt).length +
      rolls.filter((roll) => !roll.getAttribute('aria-label') && !roll.ariaHidden).length,
    images: images.length,
    rolls: rolls.length,
    headings: [...document.querySelectorAll('h1, h2')].map((heading) => heading.textContent.trim()),
    scripts: document.scripts.length,
    background: getComputedStyle(document.body).backgroundColor,
    text: document.body.innerText,
  };
}
