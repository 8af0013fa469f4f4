"""HTTP connections that are closed if the client does not send a whole request in time."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10  # until the head of the next request must have arrived


class TimedConnection(H11Protocol):
    """Closes a connection on which no new request begins within `HEAD_SECONDS`.

    The time starts when the connection opens, and again after each response. uvicorn limits only
    the time between requests, not that of a request that has been sent in part.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_request()

    def _wait_for_request(self) -> None:
        self.loop.call_later(HEAD_SECONDS, self._close_unless_renewed, self.cycle)

    def _close_unless_renewed(self, former: object) -> None:
        if self.cycle is former:  # each request has a cycle
            self.transport.close()
