"""The studio: a local server on whose page a model is trained and played."""

import asyncio
import io
import json
import secrets
import shutil
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
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from melodyvae.config.presets import preset_names
from melodyvae.pages.play_page import read_run_data, render, render_studio_page
from melodyvae.playing.dials import choose_dials, describe_loading
from melodyvae.playing.locate import locate_loops
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player
from melodyvae.studio.guard import Guard
from melodyvae.studio.names import check_run_name, name_upload
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError

HOST = '127.0.0.1'
MOST_FILES = 1000  # of a library that is dropped
LARGEST_CLIP = 8 * 2**20  # bytes of a file whose place is asked for
MOST_PLACES = 64  # loops of it
BEAT = 0.5  # seconds between two looks at the runs


def serve(trainer: Trainer, port: int, announce: Callable[[str], None]) -> None:
    """Serves the runs of a folder until Ctrl-C, which stops a training so that it can go on.

    Args:
      trainer: of the runs.
      port: 0 for any that is free.
      announce: gets the address to open once the studio answers there.

    Raises:
      UserError: if the port is taken.
    """
    listener = _listen(port)
    port = listener.getsockname()[1]
    token = secrets.token_urlsafe(24)
    app = Guard(make_app(trainer), token, port)
    config = uvicorn.Config(app, log_level='warning', timeout_graceful_shutdown=1)
    announce(f'http://{HOST}:{port}/?token={token}')
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # the way in which a studio ends
    finally:
        trainer.close()


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
    """The studio without its guard."""

    async def show(request: Request) -> Response:
        return HTMLResponse(render('studio.html', 'studio', presets=preset_names()))

    async def follow(request: Request) -> Response:
        headers = {'Cache-Control': 'no-store'}
        return StreamingResponse(_report(trainer), headers=headers, media_type='text/event-stream')

    async def begin(request: Request) -> Response:
        async with request.form(max_files=MOST_FILES, max_fields=8) as form:
            name, config = check_run_name(str(form.get('name', ''))), str(form.get('config', ''))
            if config not in preset_names():
                raise UserError('There is no such preset.')
            files = [file for file in form.getlist('files') if isinstance(file, UploadFile)]
            trainer.check_free(name)
            await run_in_threadpool(_keep, files, trainer.music(name))
        trainer.start(name, config)
        return JSONResponse({})

    async def stop(request: Request) -> Response:
        trainer.stop(trainer.find(request.path_params['name']).path.name)
        return JSONResponse({})

    async def resume(request: Request) -> Response:
        trainer.resume(request.path_params['name'])
        return JSONResponse({})

    def find(request: Request) -> tuple[RunFolder, Path, float]:
        name = request.path_params['name']
        return trainer.find(name), *trainer.find_model(name)

    async def play(request: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(render_studio_page, *find(request)))

    async def tell(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(read_run_data, *find(request)))

    async def locate(request: Request) -> Response:
        _, model, _ = find(request)
        async with request.form(max_files=1, max_fields=0) as form:
            clip = form.get('clip')
            if not isinstance(clip, UploadFile):
                raise UserError('No file was dropped: drop MIDI, ABC or MusicXML.')
            return JSONResponse(await run_in_threadpool(_locate, clip, model))

    async def report(request: Request) -> Response:
        return _send_page(trainer.find(request.path_params['name']).path / 'report.html')

    async def export(request: Request) -> Response:
        run = trainer.find(request.path_params['name'])
        content = await run_in_threadpool(zip_for_max, run)
        name = f"attachment; filename*=UTF-8''{quote(run.path.name)}.zip"
        headers = {'Content-Disposition': name}
        return Response(content, headers=headers, media_type='application/zip')

    routes = [
        Route('/', show),
        Route('/events', follow),
        Route('/runs', begin, methods=['POST']),
        Route('/runs/{name}/stop', stop, methods=['POST']),
        Route('/runs/{name}/resume', resume, methods=['POST']),
        Route('/runs/{name}/play', play),
        Route('/runs/{name}/data', tell),
        Route('/runs/{name}/locate', locate, methods=['POST']),
        Route('/runs/{name}/report', report),
        Route('/runs/{name}/max.zip', export),
    ]
    handlers = {UserError: _explain, FileNotFoundError: _explain_gone}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _explain(request: Request, error: Exception) -> Response:
    return JSONResponse({'error': str(error)}, 400)


async def _explain_gone(request: Request, error: Exception) -> Response:
    """A model that learns was replaced by the next one while it was read."""
    return JSONResponse({'error': 'This model has just been replaced: try again.'}, 400)


async def _report(trainer: Trainer) -> AsyncIterator[str]:
    """All runs as server-sent events, whenever something has changed."""
    sent = ''
    while True:
        runs = await run_in_threadpool(
            lambda: [trainer.describe(name) for name in reversed(trainer.list_names())]
        )
        content = json.dumps(runs)
        if content != sent:
            yield f'data: {content}\n\n'
            sent = content
        await asyncio.sleep(BEAT)


def _keep(files: list[UploadFile], folder: Path) -> None:
    """Writes uploads into a new folder, under plain names."""
    if not files:
        raise UserError('No file was dropped: drop MIDI, ABC or MusicXML.')
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names: set[str] = set()
    for file in files:
        names.add(name := name_upload(file.filename or '', names))
        with (folder / name).open('wb') as copy:
            shutil.copyfileobj(file.file, copy)


def _locate(clip: UploadFile, model: Path) -> dict[str, Any]:
    """The name of an upload, and where its loops lie."""
    name = name_upload(clip.filename or '', ())
    if (clip.size or 0) > LARGEST_CLIP:
        raise UserError(f'{name} is too large: drop a clip of at most {LARGEST_CLIP >> 20} MB.')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(clip.file.read())
        return {'name': name, 'loops': locate_loops(load_player(model), path, MOST_PLACES)}


def _send_page(path: Path) -> Response:
    try:
        return HTMLResponse(path.read_bytes())
    except FileNotFoundError:
        raise UserError('This run has no such page yet: end its training first.') from None


def zip_for_max(run: RunFolder) -> bytes:
    """What a device needs of a run: the model, and a text that says where the dials belong.

    Raises:
      UserError: if the run has not ended.
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
