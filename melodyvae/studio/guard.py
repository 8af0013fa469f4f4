"""Access to the studio: only its own page on this machine, within limits of size and time."""

import asyncio
import hmac
import re
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = 'melodyvae_studio'
MAX_BODY = 64 * 2**20  # bytes of a request: thousands of MIDI files
BODY_SECONDS = 60  # until the whole body of a request must have arrived
TOO_LARGE = f'These files are larger than {MAX_BODY >> 20} MB together: leave out audio files.'
# Only this cookie is parsed: other programs on this host may set cookies of any syntax.
_TOKEN = re.compile(rf'(?:^|;)\s*{COOKIE}=([\w-]*)\s*(?=;|$)')
# What any response may do. Pages have a policy of their own.
DEFAULT_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = {
    'Content-Security-Policy': DEFAULT_POLICY,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
}
# A redirect would not do: after a click on another site's page, browsers do not send a strict
# cookie to the target of a redirect, but they do if this page opens the target.
ENTRANCE = '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>melodyvae</title>'


class Guard:
    """Passes on requests that name this host, come from the studio's page and have the token.

    The printed address carries the token. It is replaced by a cookie when the address is opened. A
    foreign site can make the browser send requests here, but with its own Origin, and through a
    name that resolves to 127.0.0.1, but with its own Host.
    """

    def __init__(self, app: ASGIApp, token: str, port: int):
        self.app = app
        self.token = token
        self.hosts = {f'127.0.0.1:{port}', f'localhost:{port}'}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] != 'http':
            await self.app(scope, receive, send)
            return
        response = self._answer(scope)
        if response:
            await response(scope, receive, _add_headers(send))
        else:
            await self.app(scope, _limit(receive), _add_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        """Returns the response in place of the application's, or None if that may respond."""
        headers = Headers(scope=scope)
        host, origin = headers.get('host', ''), headers.get('origin')
        if host not in self.hosts:
            return _forbid('This studio only answers on this machine.')
        if origin is not None and origin not in {f'http://{host}' for host in self.hosts}:
            return _forbid('This studio only answers its own page.')
        given = parse_qs(scope['query_string'].decode('latin-1')).get('token', [''])[0]
        if scope['method'] == 'GET' and scope['path'] == '/' and self._is_token(given):
            entrance = HTMLResponse(ENTRANCE)
            entrance.set_cookie(COOKIE, self.token, httponly=True, samesite='strict')
            return entrance
        if not any(map(self._is_token, _TOKEN.findall(headers.get('cookie', '')))):
            return _forbid('Open the address that melodyvae_studio has printed.')
        length = headers.get('content-length', '0')
        if not length.isascii() or not length.isdigit() or int(length[:20]) > MAX_BODY:
            return PlainTextResponse(TOO_LARGE, 413)
        return None

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())


def _forbid(sentence: str) -> Response:
    return PlainTextResponse(sentence, 403)


def _add_headers(send: Send) -> Send:
    """Adds the security headers that a response does not set itself."""

    async def send_with_headers(message: Message) -> None:
        if message['type'] == 'http.response.start':
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


def _limit(receive: Receive) -> Receive:
    """Refuses a body that is too large, whatever its header says, or takes too long.

    uvicorn discards the rest, so that a browser can finish its upload and read the response.
    """
    read, is_complete = 0, False
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS

    async def receive_within_limits() -> Message:
        nonlocal read, is_complete
        if is_complete:  # the next message is that the client has gone
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, 'The upload took too long: try again.') from None
        read += len(message.get('body', b''))
        is_complete = not message.get('more_body', False)
        if read > MAX_BODY:
            raise HTTPException(413, TOO_LARGE)
        return message

    return receive_within_limits
