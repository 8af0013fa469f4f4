"""python -m tfjs_export MODEL.keras FOLDER: writes a Keras model for TensorFlow.js."""

import argparse
import sys
from pathlib import Path

from tfjs_export.writer import check_target, save_layers_model


def main() -> None:
    """Reads the command line, and writes the model or says in a sentence why not."""
    parser = argparse.ArgumentParser(prog='python -m tfjs_export', description=__doc__)
    parser.add_argument('model', type=Path, help='a .keras or .h5 file that Keras 3 has saved')
    parser.add_argument('folder', type=Path, help='gets model.json and weights.bin')
    parser.add_argument('--quantization', choices=['float16', 'uint8'], help='smaller, less exact')
    parser.add_argument('--overwrite', action='store_true', help='replace a model in the folder')
    arguments = parser.parse_args()
    if not arguments.model.is_file():
        parser.error(f'{arguments.model} does not exist')

    try:
        check_target(arguments.folder, arguments.overwrite)  # before Keras starts, for seconds
        import keras

        model = keras.models.load_model(arguments.model, compile=False)
        save_layers_model(
            model,
            arguments.folder,
            quantization=arguments.quantization,
            overwrite=arguments.overwrite,
        )
    except (OSError, TypeError, ValueError) as error:
        sys.exit(f'{parser.prog}: {arguments.model}: {str(error).splitlines()[0]}')
    print(arguments.folder / 'model.json')


if __name__ == '__main__':
    main()
