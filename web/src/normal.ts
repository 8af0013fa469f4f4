// Random numbers for the noise dial.

/** Draws from N(0, 1), by the method of Box and Muller. */
export function drawNormal(): number {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return radius * Math.cos(2 * Math.PI * Math.random());
}
