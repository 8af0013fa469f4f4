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

/** A file, or one in a ZIP archive. */
export interface Entry {
  /** With the folders that it was dropped in; an archive counts as a folder. */
  name: string;
  read(): Promise<File>;
  /** An archive that cannot be read here; the server says what is wrong with it. */
  isDamaged?: boolean;
}

/** Lists files and what ZIP archives hold, but not what archives in archives hold. */
export async function listEntries(files: File[]): Promise<Entry[]> {
  const lists = await Promise.all(files.map(async (file) => {
    const entry = { name: file.name, read: async () => file };
    if (!isArchive(file.name)) return [entry];
    const inside = await readArchive(file).catch(() => null);
    if (!inside) return [{ ...entry, isDamaged: true }];
    const folder = file.name.slice(0, -'.zip'.length);
    return inside.map(({ name, unpack }) => ({
      name: `${folder}/${name}`,
      read: async () => new File([await unpack()], lastPart(name)),
    }));
  }));
  return lists.flat();
}

/** Sorts out the music. */
export async function findMusic(entries: Entry[], suffixes: string[]): Promise<Music> {
  const music: Music = { files: [], skipped: new Map() };
  for (const { name, read, isDamaged } of entries) {
    const reason = isDamaged ? '' : findReason(lastPart(name).toLowerCase(), name, suffixes);
    if (reason) music.skipped.set(reason, (music.skipped.get(reason) ?? 0) + 1);
    else music.files.push(await read());
  }
  return music;
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
