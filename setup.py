"""Installs melodyvae, tfjs_export and the presets."""

import re
from pathlib import Path

from setuptools import setup

ROOMS = (
    'cli',
    'config',
    'cutting',
    'evaluation',
    'ingest',
    'lab',
    'loops',
    'midi',
    'model',
    'pages',
    'playing',
    'runs',
    'studio',
    'system',
    'training',
)
PROGRAMS = (
    'prepare',
    'train',
    'evaluate',
    'generate',
    'encode',
    'export',
    'card',
    'compare',
    'play',
    'studio',
)
SEARCH = ('optuna>=5',)
STUDIO = ('python-multipart>=0.0.18', 'starlette>=0.46', 'uvicorn>=0.34')
BEAM = ('apache-beam>=2.77',)  # what --runner=direct is made of has moved in earlier ones
VERSION = re.search(r"'(.*)'", Path('melodyvae/system/version.py').read_text()).group(1)

setup(
    name='melodyvae',
    version=VERSION,
    description='Train the MelodyVAE Max for Live device on your own MIDI, in Python.',
    long_description=Path('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='MIT',
    author='The melodyvae developers',
    # The devices whose models it trains, and the paper of the first of them.
    project_urls={
        'MelodyVAE (Improved)': 'https://github.com/olsgo/melodyvae_m4l',
        'MelodyVAE (Original)': 'https://github.com/naotokui/MelodyVAE_M4L',
        'Paper': 'https://arxiv.org/abs/2004.01525',
        'RhythmVAE': 'https://github.com/naotokui/RhythmVAE_M4L',
    },
    keywords='music,midi,machine-learning,vae,keras,tensorflow.js,ableton-live,max-for-live',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Environment :: Console',
        'Framework :: Jupyter',
        'Intended Audience :: Developers',
        'Intended Audience :: End Users/Desktop',
        'Intended Audience :: Science/Research',
        'Operating System :: MacOS :: MacOS X',
        'Operating System :: Microsoft :: Windows',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3 :: Only',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Programming Language :: Python :: 3.13',
        'Topic :: Multimedia :: Sound/Audio :: MIDI',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Typing :: Typed',
    ],
    python_requires='>=3.11,<3.14',  # TensorFlow has wheels for these
    packages=[
        'melodyvae',
        *(f'melodyvae.{room}' for room in ROOMS),
        'melodyvae_configs',
        'tfjs_export',
    ],
    package_dir={'melodyvae_configs': 'configs'},
    package_data={
        'melodyvae': ['py.typed'],
        'melodyvae.playing': ['card.schema.json'],
        'melodyvae.evaluation': ['metrics.csv'],
        'melodyvae.loops': ['drum_maps/*.csv'],
        'melodyvae.pages': ['*.html', 'report.css', 'assets/*', 'models/*'],
        'tfjs_export': ['*.cjs', 'package.json', 'package-lock.json', 'README.md'],
    },
    install_requires=[
        'absl-py>=2.1',
        # note-seq imports pydub, which imports audioop: Python 3.13 no longer has it.
        'audioop-lts>=0.2.1; python_version >= "3.13"',
        'filelock>=3.16',
        # Datasets at a URL. Small and pure Python; what it needs for each kind of storage, such as
        # s3fs, is for those to install who have such storage.
        'fsspec>=2024.2',
        'jinja2>=3.1',
        # Releases before it run code that a hostile .keras file holds.
        'keras>=3.11.3',
        'matplotlib>=3.10',
        'mido>=1.3',
        'note-seq>=0.0.5',
        'numpy>=1.26',
        'rich>=13',
        'symusic>=0.6',
        'tensorboard>=2.18',
        'tensorflow-probability[tf]>=0.25',
        'tensorflow>=2.18',
        'tqdm>=4.66',
    ],
    extras_require={
        # Libraries that one machine would read for days; see docs/scale.md.
        'beam': BEAM,
        # The embedded default trains on folk tunes that this package carries.
        'demo': ['music21>=9.1'],
        'notebook': ['ipykernel>=6.29', 'jupyterlab>=4'],
        # Many runs of a comparison that find better settings.
        'search': SEARCH,
        # The local server of melodyvae_studio; uploads are forms of several parts.
        'studio': STUDIO,
        'dev': [
            *SEARCH,
            *BEAM,
            *STUDIO,
            'hypothesis>=6.100',
            'import-linter>=2.3',
            'ipykernel>=6.29',
            'ml_collections>=1.0',
            'mypy>=1.10',
            'nbclient>=0.10',
            'nbformat>=5.10',
            'pdoc>=15',
            'pre-commit>=3.7',
            'pytest>=8.2',
            'pytest-timeout>=2.3',
            'pytest-xdist>=3.6',
            'ruff>=0.6',
            # To build the wheel that the tests install.
            'setuptools>=68',
            'wheel>=0.40',
        ],
    },
    entry_points={
        'console_scripts': [
            'melodyvae=melodyvae.cli.main:run',
            *(f'melodyvae_{program}=melodyvae.cli.main:run' for program in PROGRAMS),
        ]
    },
)
