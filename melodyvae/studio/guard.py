"""Who may talk to the studio: its own page on this machine, and nobody else."""

import hmac
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = 'melodyvae_studio'
LARGEST_BODY = 64 * 2**20  # bytes of a request: thousands of MIDI files


class Guard:
    """Lets requests through that name this host, come from its own page and know the token.

    The opened address carries the token once; from then on a cookie does. A foreign site can have
    the browser send requests here, but under its own Origin, and with a name of its own that leads
    to 127.0.0.1 under its own Host.

    Args:
      app: what is guarded.
      token: that the opened address carries.
      port: on which the studio listens.
    """

    def __init__(self, app: ASGIApp, token: str, port: int):
        self.app = app
        self.token = token
        self.hosts = {f'127.0.0.1:{port}', f'localhost:{port}'}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] != 'http':
            await self.app(scope, receive, send)
            return
        refusal = self._refuse(scope)
        if refusal:
            await refusal(scope, receive, send)
            return
        await self.app(scope, _limit(receive), send)

    def _refuse(self, scope: Scope) -> Response | None:
        """What is answered in place of the app; None if it may answer."""
        headers = Headers(scope=scope)
        host, origin = headers.get('host', ''), headers.get('origin')
        if host not in self.hosts:
            return _forbid('This studio answers on this machine only.')
        if origin is not None and origin not in {f'http://{host}' for host in self.hosts}:
            return _forbid('This studio answers its own page only.')
        given = parse_qs(scope['query_string'].decode('latin-1')).get('token', [''])[0]
        if scope['method'] == 'GET' and scope['path'] == '/' and self._is_token(given):
            response = RedirectResponse('/', 303)
            response.set_cookie(COOKIE, self.token, httponly=True, samesite='strict')
            return response
        cookie = SimpleCookie(headers.get('cookie', '')).get(COOKIE)
        if cookie is None or not self._is_token(cookie.value):
            return _forbid('Open the address that melodyvae_studio has printed.')
        if int(headers.get('content-length') or 0) > LARGEST_BODY:
            return PlainTextResponse('These files are too large.', 413)
        return None

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())


def _forbid(sentence: str) -> Response:
    return PlainTextResponse(sentence, 403)


def _limit(receive: Receive) -> Receive:
    """Ends a body that is longer than it may be, whatever its header said."""
    read = 0

    async def receive_some() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get('body', b''))
        return {'type': 'http.disconnect'} if read > LARGEST_BODY else message

    return receive_some
