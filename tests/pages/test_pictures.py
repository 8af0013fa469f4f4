"""Pictures that the report holds in itself."""

import base64
from xml.etree import ElementTree

import numpy as np

from melodyvae.pages.pictures import draw_curves, draw_latent_maps, make_data_uri
from melodyvae.playing.player import Player
from melodyvae.training.history import write_history

from runs import made_model, small_config


def decode(source: str, kind: str) -> bytes:
    start = f'data:{kind};base64,'
    assert source.startswith(start)
    return base64.b64decode(source[len(start) :], validate=True)


def test_a_data_uri_holds_its_file():
    assert decode(make_data_uri('text/plain', b'\0\xff'), 'text/plain') == b'\0\xff'


def test_a_curve_for_each_metric_says_where_it_ends(tmp_path):
    metrics = tmp_path / 'metrics.csv'
    write_history(
        {'epoch': [0, 1], 'kl': [0, 2.5], 'val_kl': [0, 2.25], 'own': [1, 1], 'beta': [0, 1]},
        metrics,
    )
    pictures = draw_curves(metrics)
    assert [picture.label for picture in pictures] == [
        'KL divergence (nats) by epoch; at the end 2.5 in training, held out 2.25',
        'beta by epoch; at the end 1',
    ]
    for picture in pictures:
        svg = ElementTree.fromstring(decode(picture.source, 'image/svg+xml'))
        assert svg.tag == '{http://www.w3.org/2000/svg}svg'
        assert list(svg.iter('{http://www.w3.org/2000/svg}text'))  # words stay words


def test_two_maps_with_one_title(golden_loops):
    player = Player.of(made_model(small_config()), 0.5)
    found = draw_latent_maps(player, golden_loops.take(np.arange(8)))
    assert '8 loops' in found.title
    notes, pitch = found.pictures
    assert 'colored by notes in the loop' in notes.label and 'mean pitch' in pitch.label
    images = [decode(picture.source, 'image/png') for picture in found.pictures]
    assert images[0].startswith(b'\x89PNG') and images[0] != images[1]
