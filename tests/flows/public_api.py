"""Two clients of Segment's Public API: the published npm package, and one as strict as Python's.

`segment_73.json` states what version 73 of the API requires of each answer (the npm package stops
at 47): a field's type, with `?` where it may be missing.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec

_numbers = count(1)


class Answer(msgspec.Struct):
    """What the npm client got: `body` as it came, `misfits` against its own declarations."""

    status: int
    body: Any
    misfits: list[str] = []

    @property
    def data(self) -> Any:
        assert self.status < 300, self.body
        return self.body["data"]

    @property
    def error(self) -> Mapping[str, Any]:
        """The first error of the envelope."""
        assert self.status >= 400, self.body
        error: Mapping[str, Any] = self.body["errors"][0]
        return error


class Npm:
    """The published npm package, in a process of its own that is asked a line at a time."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.token = token
        self.called: set[str] = set()
        self._declared = json.loads((Path(__file__).parent / "segment_73.json").read_text("utf-8"))
        self._process = subprocess.Popen(
            ["node", "public_api.mjs", f"{url}/api"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._process.kill()
        self._process.wait(30)

    def __call__(
        self, api: str, operation: str, *arguments: Any, token: str | None = None
    ) -> Answer:
        """Call an operation. An answer that either client's declarations do not admit fails."""
        asked = {
            "api": f"{api}Api",
            "operation": operation,
            "arguments": arguments,
            "token": self.token if token is None else token,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{operation}: the client died"
        answer = msgspec.json.decode(line, type=Answer)
        assert answer.misfits == [], (operation, answer.body)
        if answer.status < 300:
            self.called.add(operation)
            found = list(self.misfits(operation, answer.status, answer.body))
            assert found == [], (operation, answer.body)
        else:
            assert_error(answer.body)
        return answer

    def misfits(self, operation: str, status: int, body: Any) -> Iterator[str]:
        """What Python's client, which is strict, would not take."""
        wanted = self._declared["operations"][operation]
        if status != wanted["status"]:
            yield f"the status is {status}, not {wanted['status']}"
        if not isinstance(body.get("data"), dict):
            yield "data: is missing"
        else:
            yield from self._fields(wanted["data"], body["data"], "data")

    def _fields(self, declared: Mapping[str, str], value: Any, path: str) -> Iterator[str]:
        for name, kind in declared.items():
            if name in value:
                yield from self._value(kind.removesuffix("?"), value[name], f"{path}.{name}", kind)
            elif not kind.endswith("?"):
                yield f"{path}.{name}: is missing"

    def _value(self, kind: str, value: Any, path: str, whole: str) -> Iterator[str]:
        kind, _, null = kind.partition("|")
        if value is None:
            # A null would be taken where it is optional, but sends Terraform round for ever.
            if not null or whole.endswith("?"):
                yield f"{path}: is null"
        elif kind.startswith("["):
            if not isinstance(value, list):
                yield f"{path}: is no list"
                return
            for number, each in enumerate(value):
                yield from self._value(kind[1:-1], each, f"{path}[{number}]", kind)
        elif kind.startswith("enum "):
            if value not in kind.removeprefix("enum ").split("/"):
                yield f"{path}: is {value!r}, not {kind}"
        elif kind in _KINDS:
            if type(value) not in _KINDS[kind]:
                yield f"{path}: is {value!r}, no {kind}"
        elif kind != "any":
            if not isinstance(value, dict):
                yield f"{path}: is no {kind}"
            else:
                yield from self._fields(self._declared["models"][kind], value, path)


_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "bool": (bool,),
    "number": (int, float),
    "map": (dict,),
}


def assert_error(body: Any) -> None:
    """The error envelope, as Segment's clients and the tracking API's have it."""
    assert body["errors"], body
    for error in body["errors"]:
        assert isinstance(error["type"], str)
        assert isinstance(error.get("message", ""), str)
        assert isinstance(error.get("field", ""), str)
        assert type(error.get("status", 0)) is int
    assert body["success"] is False
    assert body["code"]
    assert body["message"]


def raw(url: str, token: str) -> httpx.Client:
    """A client that sends what it is told to."""
    return httpx.Client(
        base_url=f"{url}/api", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )


def new_source(npm: Npm, **more: Any) -> dict[str, Any]:
    """A source that nothing else uses."""
    body = {"slug": f"npm-{next(_numbers)}", "enabled": True, "metadataId": "server", **more}
    source: dict[str, Any] = npm("Sources", "createSource", body).data["source"]
    return source


def paged(npm: Npm, api: str, operation: str, name: str, *before: Any, size: int) -> list[Any]:
    """A whole list, page by page; the pages lead back as they led on."""
    found: list[Any] = []
    pages = []
    pagination: dict[str, Any] = {"count": size}
    while True:
        data = npm(api, operation, *before, pagination).data
        pages.append(data[name])
        found += data[name]
        assert len(data[name]) <= size
        if "next" not in data["pagination"]:
            break
        pagination = {"count": size, "cursor": data["pagination"]["next"]}
    assert data["pagination"]["totalEntries"] == len(found)
    for page in reversed(pages[:-1]):
        pagination = {"count": size, "cursor": data["pagination"]["previous"]}
        data = npm(api, operation, *before, pagination).data
        assert data[name] == page
    assert "previous" not in data["pagination"]
    return found
