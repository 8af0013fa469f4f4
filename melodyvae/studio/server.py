"""The studio: a local server on whose page a model is trained and played."""

import asyncio
import base64
import contextlib
import hashlib
import io
import json
import logging
import secrets
import signal
import socket
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from melodyvae.config.presets import preset_names
from melodyvae.ingest.find import SUFFIXES
from melodyvae.pages import templates
from melodyvae.pages.play_page import read_run_data, render, render_studio_page
from melodyvae.playing.card import About
from melodyvae.playing.dials import choose_dials, describe_loading
from melodyvae.playing.locate import locate_loops
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player
from melodyvae.studio.connection import TimedConnection
from melodyvae.studio.describe import describe_run
from melodyvae.studio.guard import Guard
from melodyvae.studio.models import add_model
from melodyvae.studio.names import check_run_name, name_upload
from melodyvae.studio.plain_files import read_plain
from melodyvae.studio.trainer import Trainer
from melodyvae.studio.uploads import MAX_FILES, keep_uploads
from melodyvae.system.errors import UserError

HOST = '127.0.0.1'
MAX_CLIP = 8 * 2**20  # bytes of a file that is placed on the map
MAX_PLACES = 64  # loops of it
MAX_REPORT = 64 * 2**20  # bytes
POLL_SECONDS = 0.5  # between two looks at the runs
# The report of a run may come from somebody else. In a sandbox it has no access to the studio.
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)


class StudioServer(uvicorn.Server):
    """A server whose streams end when it is stopped.

    Args:
      config: of uvicorn.
      trainer: whose trainings are stopped with the server.

    Attributes:
      stopped: the names of these trainings.
    """

    def __init__(self, config: uvicorn.Config, trainer: Trainer):
        super().__init__(config)
        self.trainer = trainer
        self.stopped: list[str] = []

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.stopped = self.trainer.close()
        # uvicorn logs a traceback for each request that it cancels.
        logging.getLogger('uvicorn.error').disabled = True
        await super().shutdown(sockets)


def serve(trainer: Trainer, port: int, announce: Callable[[str], None]) -> list[str]:
    """Serves the runs of a folder until Ctrl-C, SIGTERM or SIGHUP.

    Args:
      trainer: of the runs.
      port: to listen on; 0 for any free port.
      announce: is called with the address to open.

    Returns:
      The names of the trainings that were asked to stop.

    Raises:
      UserError: if the port is in use.
    """
    listener = _listen(port)
    port = listener.getsockname()[1]
    token = secrets.token_urlsafe(24)
    app = make_app(trainer)
    config = uvicorn.Config(
        Guard(app, token, port),
        http=TimedConnection,
        lifespan='off',
        log_level='warning',
        timeout_graceful_shutdown=1,
    )
    server = app.state.server = StudioServer(config, trainer)
    if hasattr(signal, 'SIGHUP'):  # sent when the terminal is closed; not on Windows
        signal.signal(signal.SIGHUP, server.handle_exit)
    announce(f'http://{HOST}:{port}/?token={token}')
    with contextlib.suppress(KeyboardInterrupt):  # which uvicorn raises again after Ctrl-C
        server.run(sockets=[listener])
    return server.stopped


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        raise UserError(
            f'Port {port} is taken, maybe by another studio: close that, or choose another --port.'
        ) from None
    return listener


def make_app(trainer: Trainer) -> Starlette:
    """Creates the application without its guard."""

    async def show(request: Request) -> Response:
        page = render('studio.html', 'studio', presets=preset_names(), suffixes=SUFFIXES)
        return _send_own_page(page, 'studio')

    async def follow(request: Request) -> Response:
        server = getattr(request.app.state, 'server', None)
        stream = _report(trainer, lambda: bool(server and server.should_exit))
        return StreamingResponse(stream, media_type='text/event-stream')

    async def begin(request: Request) -> Response:
        async with request.form(max_files=MAX_FILES, max_fields=8) as form:
            name, config = check_run_name(str(form.get('name', ''))), str(form.get('config', ''))
            if config not in preset_names():
                raise UserError('There is no such preset.')
            files = [file for file in form.getlist('files') if isinstance(file, UploadFile)]
            about = _read_about(form)
            trainer.check_free(name)
            uploads = [(file.filename or '', file.file) for file in files]
            skipped = await run_in_threadpool(keep_uploads, uploads, trainer.music(name))
        await run_in_threadpool(trainer.start, name, config, skipped, about)
        return JSONResponse({'skipped': skipped})

    async def add(request: Request) -> Response:
        async with request.form(max_files=MAX_FILES, max_fields=0) as form:
            files = [file for file in form.getlist('files') if isinstance(file, UploadFile)]
            uploads = [(file.filename or '', file.file) for file in files]
            name = await run_in_threadpool(add_model, uploads, trainer.folder)
        return JSONResponse({'name': name})

    async def stop(request: Request) -> Response:
        await run_in_threadpool(trainer.find, request.path_params['name'])
        trainer.stop(request.path_params['name'])
        return JSONResponse({})

    async def resume(request: Request) -> Response:
        await run_in_threadpool(trainer.resume, request.path_params['name'])
        return JSONResponse({})

    async def play(request: Request) -> Response:
        page = await _read_run(trainer, request, render_studio_page)
        return _send_own_page(page, 'page', 'worker-src blob:; ')

    async def tell(request: Request) -> Response:
        return JSONResponse(await _read_run(trainer, request, read_run_data))

    async def locate(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=0) as form:
            clip = form.get('clip')
            if not isinstance(clip, UploadFile):
                raise UserError('No file was dropped: drop MIDI, ABC or MusicXML.')

            def place(run: RunFolder, model: Path, live: float) -> dict[str, Any]:
                return _locate(clip, model)

            return JSONResponse(await _read_run(trainer, request, place))

    async def report(request: Request) -> Response:
        name = request.path_params['name']
        content = await run_in_threadpool(lambda: _read_report(trainer.find(name)))
        return HTMLResponse(content, headers={'Content-Security-Policy': REPORT_POLICY})

    async def export(request: Request) -> Response:
        name = request.path_params['name']
        content = await run_in_threadpool(lambda: zip_for_max(trainer.find(name)))
        headers = {'Content-Disposition': f"attachment; filename*=UTF-8''{quote(name)}.zip"}
        return Response(content, headers=headers, media_type='application/zip')

    routes = [
        Route('/', show),
        Route('/events', follow),
        Route('/runs', begin, methods=['POST']),
        Route('/models', add, methods=['POST']),
        Route('/runs/{name}/stop', stop, methods=['POST']),
        Route('/runs/{name}/resume', resume, methods=['POST']),
        Route('/runs/{name}/play', play),
        Route('/runs/{name}/data', tell),
        Route('/runs/{name}/locate', locate, methods=['POST']),
        Route('/runs/{name}/report', report),
        Route('/runs/{name}/max.zip', export),
    ]
    handlers = {
        UserError: _explain,
        FileNotFoundError: _explain_gone,
        OSError: _explain_system,
        ClientDisconnect: _forget,
    }
    return Starlette(routes=routes, exception_handlers=handlers)


async def _explain(request: Request, error: Exception) -> Response:
    return _refuse(str(error))


async def _explain_gone(request: Request, error: Exception) -> Response:
    """A training has replaced the model while it was read."""
    return _refuse('This model has just been replaced: try again.')


async def _explain_system(request: Request, error: Exception) -> Response:
    """The disk is full, or a file cannot be used."""
    assert isinstance(error, OSError)
    return _refuse(f'The studio cannot read or write its files: {error.strerror or error}.', 507)


async def _forget(request: Request, error: Exception) -> Response:
    """The client has gone during an upload."""
    return Response(status_code=400)


def _refuse(sentence: str, status: int = 400) -> Response:
    return JSONResponse({'error': sentence}, status)


async def _report(trainer: Trainer, is_closing: Callable[[], bool]) -> AsyncIterator[str]:
    """Yields all runs as a server-sent event whenever something has changed."""
    sent = ''
    while not is_closing():
        runs = await run_in_threadpool(
            lambda: [describe_run(trainer, name) for name in reversed(trainer.list_names())]
        )
        content = json.dumps(runs, allow_nan=False)
        if content != sent:
            yield f'data: {content}\n\n'
            sent = content
        await asyncio.sleep(POLL_SECONDS)


async def _read_run(
    trainer: Trainer, request: Request, read: Callable[[RunFolder, Path, float], Any]
) -> Any:
    """Calls `read(run, model, live)` for the run of a request, in a thread.

    Raises:
      UserError: if there is no such run, or it is damaged.
    """
    name = request.path_params['name']

    def read_here() -> Any:
        model, live = trainer.find_model(name)
        try:
            return read(RunFolder(trainer.folder / name), model, live)
        except (ValueError, TypeError, LookupError, EOFError, RecursionError) as error:
            raise UserError(f'This run is damaged: {error}.') from error

    return await run_in_threadpool(read_here)


def _locate(clip: UploadFile, model: Path) -> dict[str, Any]:
    """Returns the name of an upload and the places of its loops on the map."""
    name = name_upload(clip.filename or '', ())
    if (clip.size or 0) > MAX_CLIP:
        raise UserError(f'{name} is too large: drop a clip of at most {MAX_CLIP >> 20} MB.')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(clip.file.read())
        return {'name': name, 'loops': locate_loops(load_player(model), path, MAX_PLACES)}


def _read_report(run: RunFolder) -> bytes:
    try:
        return read_plain(run.path / 'report.html', MAX_REPORT)
    except FileNotFoundError:
        raise UserError('This run has no report yet: end its training first.') from None


def _read_about(form: FormData) -> About:
    """Reads the fields of the model card."""
    author, license, about, terms = (
        str(form.get(name, '')) for name in ('author', 'license', 'about', 'source_license')
    )
    return About(author=author, license=license, about=about, source_licenses={'': terms})


def _send_own_page(page: str, asset: str, more: str = '') -> Response:
    """Sends a page of the studio that may run only the script and style of `asset`."""
    script, style = (_hash(asset, suffix) for suffix in ('js', 'css'))
    policy = (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; {more}"
        f"connect-src 'self'; img-src data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return HTMLResponse(page, headers={'Content-Security-Policy': policy})


def _hash(asset: str, suffix: str) -> str:
    content = (templates.HERE / 'assets' / f'{asset}.{suffix}').read_bytes()
    return 'sha256-' + base64.b64encode(hashlib.sha256(content).digest()).decode()


def zip_for_max(run: RunFolder) -> bytes:
    """Packs the model for a device, and a text with the settings of its dials.

    Raises:
      UserError: if the run has no model yet.
    """
    config = run.config
    model = run.own_export
    if not model.is_dir():
        raise UserError('This run has no model yet: end its training first.')
    dials = choose_dials(config, config.device.threshold_as_loaded)
    lines = [describe_loading(Path(model.name)), '']
    lines += [f'{dial.name}: {dial.setting} ({dial.reason})' for dial in dials]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(model.iterdir()):
            archive.write(file, f'{model.name}/{file.name}')
        archive.writestr('In Max.txt', '\n'.join(lines) + '\n')
    return buffer.getvalue()
