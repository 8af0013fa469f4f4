"""Runs pipelines of Apache Beam, and turns its errors into one sentence."""

import argparse
import contextlib
import io
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, WorkerOptions
from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners import create_runner
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.portability.portable_runner import JobServiceHandle
from apache_beam.runners.runner import PipelineState

from melodyvae.system.errors import UserError

DIRECT = ('direct', 'directrunner')


def is_direct(runner: str) -> bool:
    """Returns whether the name means Beam's runner on this machine."""
    return runner.lower() in DIRECT


def run_pipeline(
    build: Callable[[beam.Pipeline], None], runner: str, options: Sequence[str]
) -> Any:
    """Builds a pipeline, runs it to its end, and returns Beam's result.

    Raises:
      UserError: if the runner or an option is unknown, or the run fails.
      KeyboardInterrupt: if the user interrupts.
    """
    direct = is_direct(runner)
    parsed = _parse_options(options, strictly=direct)
    if direct:
        parsed.view_as(WorkerOptions).default_sdk_harness_log_level = 'ERROR'
    try:
        pipeline = beam.Pipeline(runner=_make_runner(runner, parsed), options=parsed)
        build(pipeline)
        result = pipeline.run()
        state = result.wait_until_finish()
    except UserError:
        raise
    except Exception as error:  # each runner has its own errors
        if 'KeyboardInterrupt' in str(error):  # Beam wraps Ctrl-C in a worker thread
            raise KeyboardInterrupt from error
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = textwrap.shorten(lines[-1] if lines else type(error).__name__, 300).rstrip('.')
        raise UserError(
            f'Beam could not read the library with --runner={runner}: {said}. Fix that, or leave '
            f'out --runner.'
        ) from error
    if state != PipelineState.DONE:
        raise UserError(f'Beam ended with the state {state}: see the messages of {runner}.')
    return result


def _make_runner(name: str, options: PipelineOptions) -> Any:
    """Returns a runner; 'direct' is the FnApiRunner, since Beam's default downloads a program."""
    if is_direct(name):
        encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options())
        info = beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded)
        return fn_runner.FnApiRunner(provision_info=fn_runner.ExtendedProvisionInfo(info))
    try:
        return create_runner(name)
    except ImportError as error:
        raise UserError(f'--runner={name} cannot be loaded: {error}.') from error
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(
            f'--runner={name} is not a runner of Beam. Use for example direct, flink, spark and '
            f'dataflow.'
        ) from error


def _parse_options(options: Sequence[str], *, strictly: bool) -> PipelineOptions:
    """Parses Beam's options; refuses unknown ones, which other runners may know, if `strictly`."""
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):  # argparse prints what is wrong, and exits
            parsed = PipelineOptions(list(options))
            known = parsed.get_all_options()
    except (SystemExit, argparse.ArgumentError) as error:
        said = complaint.getvalue().strip().rpartition('error: ')[2] or error
        raise UserError(f'Beam rejects the options after --: {said}.') from error
    everything = PipelineOptions(list(options)).get_all_options(retain_unknown_options=True)
    unknown = [f'--{name}' for name in everything if name not in known]
    stray = [option for option in options if not option.startswith('-')]
    if strictly and (unknown or stray):
        raise UserError(
            f'{", ".join(unknown or stray)} is not an option of Beam: write --name=value.'
        )
    return parsed
