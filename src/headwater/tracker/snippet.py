"""The code that a page needs to load the tracker, for a server and a write key."""

import html
import json
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from headwater.tracker.files import integrity

_SNIPPET: Final = """\
<script>
  (function (key, host, options) {
    var analytics = (window.analytics = window.analytics || []);
    if (analytics.invoked) return;
    analytics.invoked = true;
    analytics._writeKey = key;
    analytics._loadOptions = options;
    "track page screen identify group alias reset ready on once off setAnonymousId consent \
addSourceMiddleware trackLink trackForm"
      .split(" ")
      .forEach(function (name) {
        analytics[name] = function () {
          analytics.push([name].concat([].slice.call(arguments)));
          return analytics;
        };
      });
    var script = document.createElement("script");
    script.async = true;
    script.src = host + "/analytics.js/v1/" + key + "/analytics.min.js";
    document.head.appendChild(script);
    analytics.page();
  })(KEY, HOST, {});
</script>"""


class Code(msgspec.Struct, frozen=True, rename="camel"):
    """The ways of loading the tracker. `tag` needs no inline script, for strict policies."""

    snippet: str
    tag: str
    integrity: str
    content_security_policy: str


def code(base: str, write_key: str) -> Code:
    """All of it for a server that pages reach at `base`."""
    return Code(
        snippet=snippet(base, write_key),
        tag=tag(base, write_key),
        integrity=integrity(),
        content_security_policy=content_security_policy(base),
    )


def snippet(base: str, write_key: str) -> str:
    """An inline script: what a page calls before the tracker is there is kept for it."""
    host = _quoted(base.rstrip("/"))
    return _SNIPPET.replace("KEY,", f"{_quoted(write_key)},").replace("HOST,", f"{host},")


def tag(base: str, write_key: str) -> str:
    """One line without inline script. The browser checks the file's hash; the first page is sent
    by itself."""
    address = html.escape(address_of(base, write_key))
    return (
        f'<script async src="{address}"\n  integrity="{integrity()}" crossorigin="anonymous">'
        "</script>"
    )


def address_of(base: str, write_key: str, name: str = "analytics.min.js") -> str:
    """Where a file of the tracker is, for a key."""
    return f"{base.rstrip('/')}/analytics.js/v1/{quote(write_key, safe='')}/{name}"


def content_security_policy(base: str) -> str:
    """What a page's policy must allow."""
    parts = urlsplit(base)
    origin = f"{parts.scheme}://{parts.netloc}"
    return f"script-src {origin}; connect-src {origin}"


def _quoted(text: str) -> str:
    """A JavaScript text that cannot end its script."""
    return json.dumps(text).replace("<", "\\u003c")
