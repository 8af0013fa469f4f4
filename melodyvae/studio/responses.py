"""What the studio sends for its own pages, for reports and for errors."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from melodyvae.pages.templates import hash_asset
from melodyvae.system.errors import UserError

# The report of a run may come from somebody else. In a sandbox it has no access to the studio.
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)


def send_own_page(page: str, asset: str, more: str = '') -> Response:
    """Sends a page of the studio that may run only the script and style of `asset`."""
    policy = (
        f"default-src 'none'; script-src '{hash_asset(f'{asset}.js')}'; "
        f"style-src '{hash_asset(f'{asset}.css')}'; {more}connect-src 'self'; img-src data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return HTMLResponse(page, headers={'Content-Security-Policy': policy})


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


HANDLERS = {
    UserError: _explain,
    FileNotFoundError: _explain_gone,
    OSError: _explain_system,
    ClientDisconnect: _forget,
}
