"""NoteSequences to pieces."""

from melodyvae.midi.note_sequence import note_seq, sequence_to_piece
from melodyvae.midi.piece import Metre

from midi_bytes import note_rows


def test_seconds_become_beats_along_the_tempos():
    sequence = note_seq().NoteSequence(total_time=6)
    sequence.tempos.add(time=0, qpm=120)
    sequence.tempos.add(time=1, qpm=60)
    sequence.time_signatures.add(time=0, numerator=2, denominator=4)
    sequence.time_signatures.add(time=2, numerator=3, denominator=4)
    sequence.part_infos.add(part=1, name='Lead')
    sequence.notes.add(part=1, pitch=60, velocity=64, start_time=0.5, end_time=2, instrument=3)
    sequence.notes.add(pitch=36, velocity=200, start_time=4, end_time=5, is_drum=True)
    sequence.notes.add(pitch=37, velocity=1, start_time=4, end_time=5, instrument=99)
    piece = sequence_to_piece(sequence)
    assert note_rows(piece.notes) == [(60, 64, 1, 2), (36, 127, 5, 1), (37, 1, 5, 1)]
    assert piece.channel.tolist() == [3, 9, 15]
    assert piece.track.tolist() == [1, 0, 0]
    assert piece.metres == (Metre(0, 2, 4), Metre(3, 3, 4))
    assert piece.tempos == (120, 60)
    assert piece.length == 7
    assert piece.track_names == ('', 'Lead')
    assert not piece.unended.any()


def test_steps_count_where_a_sequence_is_quantised():
    sequence = note_seq().NoteSequence()
    sequence.quantization_info.steps_per_quarter = 4
    sequence.notes.add(pitch=60, velocity=64, quantized_start_step=2, quantized_end_step=3)
    piece = sequence_to_piece(sequence)
    assert note_rows(piece.notes) == [(60, 64, 0.5, 0.25)]
    assert piece.length == 0.75


def test_a_sequence_may_be_empty():
    piece = sequence_to_piece(note_seq().NoteSequence())
    assert (len(piece.notes), piece.length, piece.track_names) == (0, 0, ())
