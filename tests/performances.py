"""The figures of a performance with known parameters."""

from benchmarks.performer import ACCENTS, PerformanceModel


def expect_figures(model: PerformanceModel) -> dict[str, float]:
    """What `measure_performance` finds in endlessly many notes that were played this way."""
    return {
        'swing_ratio': model.swing_ratio,
        'laid_back': model.laid_back,
        **{f'velocity_{x}': v for x, v in zip(ACCENTS, model.velocity, strict=True)},
        'accent_depth': model.velocity[0] - model.velocity[-1],
        **{f'articulation_{x}': v for x, v in zip(ACCENTS, model.articulation, strict=True)},
    }
