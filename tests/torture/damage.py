"""Bytes that are not what they were."""

import random


def flip_bit(data: bytes, choose: random.Random) -> bytes:
    """Turns one bit."""
    damaged = bytearray(data)
    bit = choose.randrange(8 * len(data))
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def mangle(data: bytes, choose: random.Random) -> bytes:
    """Does one to four things that disks, networks and people do to files."""
    damaged = bytearray(data)
    for _ in range(choose.randint(1, 4)):
        start = choose.randrange(len(damaged) + 1)
        length = min(choose.choice((1, 1, 2, 4, 16, 200)), len(damaged) - start)
        piece = bytes(damaged[start : start + length])
        damaged[start : start + length] = choose.choice(
            (
                b'',
                choose.randbytes(length),
                piece * choose.choice((2, 50)),
                bytes([choose.choice((0, 0x7F, 0x80, 0xFF))]) * length,
                piece[::-1],
            )
        )
    return bytes(damaged)
