"""Splits the music code of ABC into notes, bar lines and what is between them."""

import re
from collections.abc import Iterator

from melodyvae.midi.abc_fields import TuneError

LENGTH = r'\d{0,4}(?:/{1,8}\d{0,4})?'
TOKENS = re.compile(
    rf"""
      (?P<note>  (\^\^?|__?|=)? ([A-Ga-g]) ([,']{{0,9}}) ({LENGTH}) )
    | (?P<space> [\s`*;?@$\\\#]+ | y\d{{0,4}} | =(?:20)?$ )  # '=20' is from mail
    | (?P<bar>   \.?(?:\[\||:*\|)[|:\]]* \s* (?:\[?(?P<ending>\d)[\d,\-]{{0,20}})?
               | \[(?P<lone_ending>\d)[\d,\-]{{0,20}} | :+\]? )
    | (?P<rest>  [zx] (?P<rest_length>{LENGTH}) )
    | (?P<field> \[ [A-Za-z]: [^\]]* \] )
    | (?P<chord> \[ )
    | (?P<chord_end> \] ({LENGTH}) )
    | (?P<broken> >{{1,3}} | <{{1,3}} )
    | (?P<tie>   - )
    | (?P<tuplet> \((\d{{1,2}})(?::(\d{{0,2}}))?(?::(\d{{0,2}}))? )
    | (?P<slur>  [()] )
    | (?P<text>  "[^"]*" )
    | (?P<grace> \{{[^}}]*\}} )
    | (?P<loudness> [!+](?P<level>p{{1,4}}|mp|mf|f{{1,4}})[!+] )
    | (?P<decoration> [.~H-Wh-w] | ![^\s!|]{{1,40}}! | \+[^\s+|]{{1,40}}\+ | [!+] )
    | (?P<bars_rest> [ZX] (?P<bars>\d{{0,4}}) )
    | (?P<overlay> &+ )
    """,
    re.VERBOSE,
)


def split_music(line: str) -> Iterator[re.Match[str]]:
    """Yields the tokens of a line of music; `lastgroup` is their kind, a name in `TOKENS`.

    Raises:
      TuneError: at a character that begins no token.
    """
    position = 0
    while position < len(line):
        token = TOKENS.match(line, position)
        if not token:
            raise TuneError(f'unexpected {line[position]!r}')
        position = token.end()
        yield token
