"""What the Max for Live device reaches, so that figures can be given as multiples of it.

Source: the device's own JavaScript under tfjs-node 4.22 with its native backend, measured on a
machine like this (two cores) with the same data, architecture and batch of 64.
"""

TRAINING_STEPS_A_SECOND = 5.8  # of melodyvae_improved
TUNES_A_SECOND = 410  # MIDI files of one voice and about 600 bytes, read and cut into loops
SONGS_A_SECOND = 33  # MIDI files of several tracks and about 25 KB

# How fast note-seq parsed the same files on that machine, in one process: what tells how fast the
# machine of a measurement is beside it.
NOTE_SEQ_TUNES_A_SECOND = 640
NOTE_SEQ_SONGS_A_SECOND = 19
