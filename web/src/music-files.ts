// Finds the music among dropped files, also in ZIP archives.

const END_OF_ARCHIVE = 0x06054b50;
const ENTRY = 0x02014b50;
const MAX_COMMENT = 65_557; // bytes from the last record of an archive to its end, at most
const DEFLATED = 8;

/** Files to send, and how many others there are by reason. */
export interface Music {
  files: File[];
  skipped: Map<string, number>;
}

/** Sorts out the music; archives are unpacked, but not archives in archives. */
export async function findMusic(files: File[], suffixes: string[]): Promise<Music> {
  const music: Music = { files: [], skipped: new Map() };
  for (const file of files) {
    const entries = isArchive(file.name) ? await readArchive(file).catch(() => null) : null;
    if (isArchive(file.name) && !entries) {
      music.files.push(file); // the server says what is wrong with it
    } else if (!entries) {
      if (isMusic(file.name, suffixes, music.skipped)) music.files.push(file);
    } else {
      for (const { name, unpack } of entries) {
        if (isMusic(name, suffixes, music.skipped)) {
          music.files.push(new File([await unpack()], lastPart(name)));
        }
      }
    }
  }
  return music;
}

/** Returns the names of files, and of those in ZIP archives below the name of the archive. */
export async function listNames(files: File[]): Promise<string[]> {
  const names = await Promise.all(files.map(async (file) => {
    if (!isArchive(file.name)) return [file.name];
    const entries = await readArchive(file).catch(() => []);
    return entries.map(({ name }) => `${file.name}/${name}`);
  }));
  return names.flat();
}

/** Adds counts by reason. */
export function joinCounts(
  counts: Map<string, number>, more: Map<string, number>,
): Map<string, number> {
  const joined = new Map(counts);
  for (const [reason, count] of more) joined.set(reason, (joined.get(reason) ?? 0) + count);
  return joined;
}

/** Says how many files of which kinds are not sent; '' if all are. */
export function describeSkipped(skipped: Map<string, number>): string {
  const counts = [...skipped].sort(([, a], [, b]) => b - a);
  const kinds = counts.map(([reason, count]) => `${count} ${reason}`);
  return kinds.length ? `Left out: ${kinds.join(', ')}` : '';
}

function isMusic(name: string, suffixes: string[], skipped: Map<string, number>): boolean {
  const reason = findReason(lastPart(name).toLowerCase(), name, suffixes);
  if (reason) skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
  return !reason;
}

/** The same reasons as in `studio/uploads.py`. */
function findReason(last: string, name: string, suffixes: string[]): string {
  const isHidden = last.startsWith('.') || /(^|\/)__MACOSX\//.test(name);
  if (isHidden || ['thumbs.db', 'desktop.ini'].includes(last)) return 'hidden files';
  if (suffixes.some((suffix) => last.endsWith(suffix))) return '';
  return last.match(/.(\.[^.]*)$/)?.[1] ?? 'files without a suffix';
}

function isArchive(name: string): boolean {
  return name.toLowerCase().endsWith('.zip') && !lastPart(name).startsWith('.');
}

function lastPart(name: string): string {
  return name.replaceAll('\\', '/').split('/').at(-1)!;
}

/** Lists the files of an archive; throws for what it cannot read, such as encrypted files. */
async function readArchive(
  file: File,
): Promise<{ name: string; unpack: () => Promise<ArrayBuffer> }[]> {
  const tail = await readBytes(file, Math.max(0, file.size - MAX_COMMENT), file.size);
  let end = tail.byteLength - 22;
  while (tail.getUint32(end, true) !== END_OF_ARCHIVE) end -= 1; // throws before the beginning
  const count = tail.getUint16(end + 10, true);
  const start = tail.getUint32(end + 16, true);
  const list = await readBytes(file, start, start + tail.getUint32(end + 12, true));
  const entries = [];
  for (let at = 0, number = 0; number < count; number += 1) {
    if (list.getUint32(at, true) !== ENTRY || list.getUint16(at + 8, true) & 1) throw new Error();
    const method = list.getUint16(at + 10, true);
    if (method && method !== DEFLATED) throw new Error();
    const size = list.getUint32(at + 20, true);
    const offset = list.getUint32(at + 42, true);
    const [nameLength, extra, comment] = [28, 30, 32].map((x) => list.getUint16(at + x, true));
    const name = new TextDecoder().decode(new Uint8Array(list.buffer, at + 46, nameLength));
    at += 46 + nameLength + extra + comment;
    if (!name.endsWith('/')) {
      entries.push({ name, unpack: () => unpackEntry(file, offset, size, method) });
    }
  }
  return entries;
}

async function unpackEntry(
  file: File, offset: number, size: number, method: number,
): Promise<ArrayBuffer> {
  const head = await readBytes(file, offset, offset + 30);
  const start = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const packed = file.slice(start, start + size);
  if (!method) return packed.arrayBuffer();
  const stream = packed.stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).arrayBuffer();
}

async function readBytes(file: File, start: number, end: number): Promise<DataView> {
  return new DataView(await file.slice(start, end).arrayBuffer());
}
