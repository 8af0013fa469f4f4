// Saves MIDI files: as downloads, dragged out of the page, or into a folder.

import type { Clip } from './clip';
import type { Find } from './dials';
import { writeMidi } from './midi-file';
import type { System } from './notes';

const MAX_NAME = 100; // characters
const FOLDERS_MISSING = 'This browser cannot write to folders. Chrome, Edge and Opera can.';

/** Browsers with File System Access have it. */
type PickFolder = (options: object) => Promise<FileSystemDirectoryHandle>;

/** Returns a name that is valid on every system. */
export function plainName(name: string): string {
  return name.replace(/[^\p{L}\p{N}.+-]+/gu, '_').slice(0, MAX_NAME);
}

export function download(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export class SavePanel {
  private folder: FileSystemDirectoryHandle | null = null;
  private readonly buttons: HTMLButtonElement[];
  private readonly words: HTMLElement;

  constructor(
    find: Find,
    private readonly title: string,
    private readonly system: System & { metre: string },
    private readonly getClip: () => Clip,
    private readonly getTempo: () => number,
  ) {
    this.words = find('save-words');
    const loop = find<HTMLButtonElement>('save-loop');
    const folder = find<HTMLButtonElement>('save-folder');
    this.buttons = [loop, folder];
    loop.addEventListener('click', () => this.save(this.getClip(), 'loop'));
    loop.addEventListener('dragstart', (event) => this.drag(event.dataTransfer!));
    folder.addEventListener('click', () => void this.saveToFolder());
  }

  /** Whether there is a loop to save. */
  set isEnabled(isEnabled: boolean) {
    for (const button of this.buttons) button.disabled = !isEnabled;
  }

  /** Downloads a clip; `kind` becomes part of its name. */
  save(clip: Clip, kind: string): void {
    const name = this.name(kind);
    download(new Blob([this.write(clip, name)], { type: 'audio/midi' }), `${name}.mid`);
  }

  /** Writes a clip as the bytes of a MIDI file. */
  write(clip: Clip, name: string): Uint8Array<ArrayBuffer> {
    return writeMidi(clip, name, this.getTempo(), this.system, this.system.metre);
  }

  name(kind: string): string {
    return plainName(`${this.title} ${kind}`);
  }

  private drag(transfer: DataTransfer): void {
    const name = this.name('loop');
    const bytes = String.fromCharCode(...this.write(this.getClip(), name));
    const address = `data:audio/midi;base64,${btoa(bytes)}`;
    transfer.setData('DownloadURL', `audio/midi:${name}.mid:${address}`);
    transfer.effectAllowed = 'copy';
  }

  private async saveToFolder(): Promise<void> {
    const pick = (window as { showDirectoryPicker?: PickFolder }).showDirectoryPicker;
    if (!pick) {
      this.words.textContent = FOLDERS_MISSING;
      return;
    }
    try {
      this.folder ??= await pick.call(window, { mode: 'readwrite' });
      const name = await this.findFreeName(this.folder);
      const file = await this.folder.getFileHandle(`${name}.mid`, { create: true });
      const stream = await file.createWritable();
      await stream.write(this.write(this.getClip(), name));
      await stream.close();
      this.words.textContent = `Saved ${name}.mid in ${this.folder.name}.`;
    } catch (error) {
      this.folder = null;
      if ((error as Error).name === 'AbortError') return; // no folder was chosen
      this.words.textContent = 'The folder cannot be written. Choose another one.';
    }
  }

  /** Returns the first name with a number that is not taken. */
  private async findFreeName(folder: FileSystemDirectoryHandle): Promise<string> {
    for (let number = 1; ; number++) {
      const name = this.name(`loop ${String(number).padStart(2, '0')}`);
      try {
        await folder.getFileHandle(`${name}.mid`);
      } catch (error) {
        if ((error as Error).name === 'NotFoundError') return name;
        throw error;
      }
    }
  }
}
