// Writes ZIP archives without compression, which MIDI files hardly need.

export interface ZipEntry {
  name: string;
  content: Uint8Array<ArrayBuffer>;
}

const VERSION = 20; // of the format that is needed to read it
const UTF8_NAMES = 0x800;
const FIRST_DAY = 0x21; // 1 January 1980, so that the same files give the same archive

export function writeZip(entries: ZipEntry[]): Blob {
  const local: BlobPart[] = [];
  const central: BlobPart[] = [];
  let offset = 0;
  let centralSize = 0;
  for (const { name, content } of entries) {
    const text = new TextEncoder().encode(name);
    const { length } = content;
    const shared = littleEndian(
      [VERSION, 2], [UTF8_NAMES, 2], [0, 2], [0, 2], [FIRST_DAY, 2], [checksum(content), 4],
      [length, 4], [length, 4], [text.length, 2], [0, 2]);
    local.push(littleEndian([0x04034b50, 4]), shared, text, content);
    central.push(
      littleEndian([0x02014b50, 4], [VERSION, 2]), shared,
      littleEndian([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), text);
    offset += 30 + text.length + length;
    centralSize += 46 + text.length;
  }
  const count = entries.length;
  const end = littleEndian(
    [0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [centralSize, 4], [offset, 4], [0, 2]);
  return new Blob([...local, ...central, end], { type: 'application/zip' });
}

function littleEndian(...numbers: [value: number, bytes: number][]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(numbers.flatMap(([value, bytes]) => (
    Array.from({ length: bytes }, (_, index) => (value >>> (8 * index)) & 0xff))));
}

/** Returns the CRC-32 of bytes. */
function checksum(bytes: Uint8Array): number {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
