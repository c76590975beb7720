"""HTTP side of the client, on the standard library alone."""

import gzip
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, Iterator, List, Optional, Union

from . import frames

Parameter = Union[str, int, float, bool, List[str], None]


class ProblemError(Exception):
    """A refusal or failure of the service, from its ``application/problem+json``.

    ``code`` is a stable name to compare; it is ``unexpected_answer`` where no problem document arrives, because a proxy
    answers. ``errors`` lists the parameters at fault: ``{"parameter": ..., "message": ...}``. ``retry_after`` is in
    seconds, or None.
    """

    def __init__(self, status: int, code: str, detail: str, errors: List[Dict[str, str]], retry_after: Optional[float]):
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after


class Client:
    """A client of one service. It keeps no connection, so needs no closing.

    ``base_url`` is where the service listens, such as ``http://localhost:3000``; ``key`` is an API key or token, and None
    for a service without access control; ``timeout`` is in seconds, per request.
    """

    def __init__(self, base_url: str, key: Optional[str] = None, timeout: float = 60.0):
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("base_url must begin with http:// or https://")
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._timeout = timeout

    def get(self, path: str, **parameters: Parameter) -> Dict[str, Any]:
        """The answer of a route, such as ``get("/v1/yield", group_by="day", lot_id=["A", "B"])``.

        A list repeats the parameter; None leaves it out. A parameter that is a Python keyword takes an underscore at its
        end: ``from_="2026-03-01T00:00:00Z"``.
        """
        return self._ask("GET", path, parameters)

    def post(self, path: str, body: Any) -> Dict[str, Any]:
        """The answer to ``body``, which is sent as JSON."""
        return self._ask("POST", path, {}, body)

    def items(self, path: str, **parameters: Parameter) -> Iterator[Dict[str, Any]]:
        """All items of a list, such as ``items("/v1/inspections", status="failed")``, page after page."""
        cursor = None
        while True:
            page = self.get(path, **{**parameters, "cursor": cursor})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def read_yield(self, **parameters: Parameter) -> Any:
        """``/v1/yield`` as a frame: one row per group, or one of totals without ``group_by``; totals in ``attrs``."""
        return frames.of_yield(self.get("/v1/yield", **parameters), parameters.get("group_by") is not None)

    def read_spc(self, parameter: str, chart: str, **parameters: Parameter) -> Any:
        """``/v1/spc`` as a frame: one row per sample with value, limits and violated rules."""
        return frames.of_spc(self.get("/v1/spc", parameter=parameter, chart=chart, **parameters))

    def read_wafer_map(self, lot_id: str, wafer_id: str, **parameters: Parameter) -> Any:
        """The map of a wafer as a frame with columns x, y and value.

        ``frame.pivot(index="y", columns="x", values="value")`` makes a grid of it.
        """
        path = f"/v1/lots/{_part(lot_id)}/wafers/{_part(wafer_id)}/map"
        return frames.of_wafer_map(self.get(path, **parameters))

    def _ask(self, method: str, path: str, parameters: Dict[str, Parameter], body: Any = None) -> Dict[str, Any]:
        pairs = [
            (name.rstrip("_"), _text(value))
            for name, given in parameters.items()
            for value in (given if isinstance(given, (list, tuple)) else [given])
            if value is not None
        ]
        query = f"?{urllib.parse.urlencode(pairs)}" if pairs else ""
        request = urllib.request.Request(self._base_url + path + query, method=method)
        request.add_header("Accept", "application/json")
        request.add_header("Accept-Encoding", "gzip")
        if self._key is not None:
            request.add_header("Authorization", f"Bearer {self._key}")
        if body is not None:
            request.data = json.dumps(body, allow_nan=False).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with _OPENER.open(request, timeout=self._timeout) as response:
                return json.loads(_read(response))
        except urllib.error.HTTPError as error:
            with error:
                raise _problem_of(error) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The service never redirects; who does must not get the key."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _text(value: Union[str, int, float, bool]) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _part(name: str) -> str:
    return urllib.parse.quote(name, safe="")


def _read(response: Any) -> bytes:
    raw = response.read()
    return gzip.decompress(raw) if response.headers.get("Content-Encoding") == "gzip" else raw


def _problem_of(error: urllib.error.HTTPError) -> ProblemError:
    after = error.headers.get("Retry-After")
    retry_after = float(after) if after is not None and after.isdigit() else None
    problem: Dict[str, Any] = {}
    if error.headers.get_content_type() == "application/problem+json":
        try:
            problem = json.loads(_read(error))
        except (ValueError, OSError, http.client.HTTPException):
            # The connection broke in the middle of the document.
            problem = {}
    return ProblemError(
        error.code,
        problem.get("code", "unexpected_answer"),
        problem.get("detail", str(error.reason)),
        problem.get("errors", []),
        retry_after,
    )
