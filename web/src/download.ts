// Downloads a clip as a MIDI file.

import type { Clip } from './clip';
import { writeMidi } from './midi-file';

/** Downloads a clip under a name that is valid on every system. */
export function download(clip: Clip, name: string, tempo: number, drums: boolean): void {
  const plain = name.replace(/[^\p{L}\p{N}.+-]+/gu, '_').slice(0, 100);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(
    new Blob([writeMidi(clip, plain, tempo, drums)], { type: 'audio/midi' }));
  link.download = `${plain}.mid`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
