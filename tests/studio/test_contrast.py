"""Contrast of what the pages draw on canvas, by WCAG 2.2, success criterion 1.4.11."""

import re

import numpy as np
import pytest
from browsers import WEB, run_job

MIN_CONTRAST = 3  # of parts of pictures that are needed to understand them


def luminance(colors):
    """Relative luminance of [..., 3] sRGB values from 0 to 255."""
    shares = np.asarray(colors) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    light, dark = np.maximum(one, other), np.minimum(one, other)
    return (light + 0.05) / (dark + 0.05)


def read_scheme(number):
    """The variables of the light (0) or the dark (1) scheme."""
    css = (WEB / 'src/base.css').read_text()
    blocks = re.findall(r':root \{(.*?)\}', css, re.DOTALL)
    variables: dict[str, str] = {}
    for block in blocks[: number + 1]:
        variables |= re.findall(r'--([\w-]+): ([^;]+);', block)
    return variables


def test_contrast_is_that_of_the_definition():
    assert contrast(luminance([0, 0, 0]), luminance([255, 255, 255])) == pytest.approx(21)
    assert contrast(luminance([0x77] * 3), luminance([255] * 3)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize('number', [0, 1])
def test_notes_outlines_and_the_playhead_stand_out_from_the_paper(number):
    scheme = read_scheme(number)
    shares = np.linspace(0, 1, 25).tolist()
    names = ['strong-line', 'accent', 'ground', 'shade']
    job = {
        'shares': shares,
        'low': float(scheme['low-note']),
        'high': float(scheme['high-note']),
        'others': [scheme[name] for name in names],
    }
    *drawn, ground, shade = luminance(run_job('colors', job))
    for paper in (ground, shade):
        assert contrast(np.array(drawn), paper).min() >= MIN_CONTRAST
