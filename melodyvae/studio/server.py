"""The studio: a local server on whose page a model is trained and played."""

import asyncio
import contextlib
import json
import logging
import secrets
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from melodyvae.config.presets import preset_names
from melodyvae.ingest.find import SUFFIXES
from melodyvae.pages.play_page import read_run_data, render, render_studio_page
from melodyvae.pages.starters import STARTERS
from melodyvae.playing.locate import locate_loops
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player
from melodyvae.studio.check import check_music
from melodyvae.studio.connection import TimedConnection
from melodyvae.studio.describe import RunList
from melodyvae.studio.forms import list_uploads, read_about, read_config
from melodyvae.studio.guard import Guard
from melodyvae.studio.max_zip import zip_for_max
from melodyvae.studio.models import add_models, add_starter
from melodyvae.studio.names import check_run_name, name_upload
from melodyvae.studio.plain_files import read_plain
from melodyvae.studio.responses import HANDLERS, REPORT_POLICY, send_own_page
from melodyvae.studio.trainer import Trainer
from melodyvae.studio.uploads import MAX_FILES, keep_music
from melodyvae.system.errors import UserError

HOST = '127.0.0.1'
MAX_CLIP = 8 * 2**20  # bytes of a file that is placed on the map
MAX_PLACES = 64  # loops of it
MAX_REPORT = 64 * 2**20  # bytes
POLL_SECONDS = 0.5  # between two looks at the runs
TICKS_PER_LOOK = 10  # of uvicorn, between two looks at the trainings that wait


class StudioServer(uvicorn.Server):
    """A server that starts waiting trainings, and ends trainings and streams when it shuts down.

    Attributes:
      stopped: the names of the trainings that it has asked to stop.
    """

    def __init__(self, config: uvicorn.Config, trainer: Trainer):
        super().__init__(config)
        self.trainer = trainer
        self.stopped: list[str] = []

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_PER_LOOK == 0:
            with contextlib.suppress(OSError):  # no memory for a process; tried again
                await run_in_threadpool(self.trainer.processes.tend)
        return await super().on_tick(counter)

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
    # Earlier than uvicorn: a KeyboardInterrupt while the event loop starts would leave it waiting.
    signal.signal(signal.SIGINT, server.handle_exit)
    if hasattr(signal, 'SIGHUP'):  # sent when the terminal is closed; not on Windows
        signal.signal(signal.SIGHUP, server.handle_exit)
    announce(f'http://{HOST}:{port}/?token={token}')
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
    runs = RunList(trainer)

    # Starlette runs functions that are not `async` in a thread.
    def show(request: Request) -> Response:
        values = {'presets': preset_names(), 'starters': STARTERS, 'suffixes': SUFFIXES}
        return send_own_page(render('studio.html', **values), 'studio')

    async def follow(request: Request) -> Response:
        server = getattr(request.app.state, 'server', None)
        stream = _report(runs, lambda: bool(server and server.should_exit))
        return StreamingResponse(stream, media_type='text/event-stream')

    async def begin(request: Request) -> Response:
        async with request.form(max_files=MAX_FILES, max_fields=8) as form:
            name, (config, choices) = check_run_name(str(form.get('name', ''))), read_config(form)
            about = read_about(form)
            trainer.check_free(name)
            uploads = list_uploads(form)
            skipped = await run_in_threadpool(keep_music, uploads, trainer.music(name))
        await run_in_threadpool(trainer.start, name, config, skipped, choices, about)
        return JSONResponse({'skipped': skipped})

    async def check(request: Request) -> Response:
        async with request.form(max_files=MAX_FILES, max_fields=8) as form:
            config = trainer.configure(*read_config(form))
            trainer.processes.warm_up()  # while the user reads the result
            return JSONResponse(await run_in_threadpool(check_music, list_uploads(form), config))

    async def add(request: Request) -> Response:
        async with request.form(max_files=MAX_FILES, max_fields=0) as form:
            names = await run_in_threadpool(add_models, list_uploads(form), trainer.folder)
        return JSONResponse({'names': names})

    def start(request: Request) -> Response:
        return JSONResponse({'name': add_starter(_name(request), trainer.folder)})

    async def rename(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=1) as form:
            new = check_run_name(str(form.get('name', '')))
        await run_in_threadpool(trainer.rename, _name(request), new)
        return JSONResponse({})

    def play(request: Request) -> Response:
        page = _read_run(trainer, _name(request), render_studio_page)
        return send_own_page(page, 'page', 'worker-src blob:; ')

    def tell(request: Request) -> Response:
        return JSONResponse(_read_run(trainer, _name(request), read_run_data))

    async def locate(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=0) as form:
            clip = form.get('clip')
            if not isinstance(clip, UploadFile):
                raise UserError('No file was dropped: drop MIDI, ABC or MusicXML.')
            found = await run_in_threadpool(
                _read_run, trainer, _name(request), lambda run, model, live: _locate(clip, model)
            )
        return JSONResponse(found)

    def report(request: Request) -> Response:
        content = _read_report(trainer.find(_name(request)))
        return HTMLResponse(content, headers={'Content-Security-Policy': REPORT_POLICY})

    def export(request: Request) -> Response:
        name = _name(request)
        content = zip_for_max(trainer.find(name))
        headers = {'Content-Disposition': f"attachment; filename*=UTF-8''{quote(name)}.zip"}
        return Response(content, headers=headers, media_type='application/zip')

    routes = [
        Route('/', show),
        Route('/events', follow),
        Route('/check', check, methods=['POST']),
        Route('/runs', begin, methods=['POST']),
        Route('/models', add, methods=['POST']),
        Route('/models/{name}', start, methods=['POST']),
        Route('/runs/{name}/stop', _act(trainer.stop), methods=['POST']),
        Route('/runs/{name}/resume', _act(trainer.resume), methods=['POST']),
        Route('/runs/{name}/delete', _act(trainer.delete), methods=['POST']),
        Route('/runs/{name}/rename', rename, methods=['POST']),
        Route('/runs/{name}/play', play),
        Route('/runs/{name}/data', tell),
        Route('/runs/{name}/locate', locate, methods=['POST']),
        Route('/runs/{name}/report', report),
        Route('/runs/{name}/max.zip', export),
    ]
    return Starlette(routes=routes, exception_handlers=HANDLERS)


def _act(method: Callable[[str], None]) -> Callable[[Request], Response]:
    """Returns a handler that calls a method with the name of the run."""

    def handle(request: Request) -> Response:
        method(_name(request))
        return JSONResponse({})

    return handle


def _name(request: Request) -> str:
    return request.path_params['name']


async def _report(runs: RunList, is_closing: Callable[[], bool]) -> AsyncIterator[str]:
    """Yields all runs as a server-sent event whenever something has changed."""
    sent = ''
    while not is_closing():
        content = json.dumps(await run_in_threadpool(runs.describe), allow_nan=False)
        if content != sent:
            yield f'data: {content}\n\n'
            sent = content
        await asyncio.sleep(POLL_SECONDS)


def _read_run(trainer: Trainer, name: str, read: Callable[[RunFolder, Path, float], Any]) -> Any:
    """Calls `read(run, model, live)` for a run.

    Raises:
      UserError: if there is no such run, or it is damaged.
    """
    model, live = trainer.find_model(name)
    try:
        return read(RunFolder(trainer.folder / name), model, live)
    except (ValueError, TypeError, LookupError, EOFError, RecursionError) as error:
        raise UserError(f'This run is damaged: {error}.') from error


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
        return read_plain(run.report, MAX_REPORT)
    except FileNotFoundError:
        raise UserError('This run has no report yet: end its training first.') from None
