"""The code that loads the tracker is right for any address and key."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from headwater.tracker.files import integrity
from headwater.tracker.snippet import code, content_security_policy, snippet, tag


def test_the_snippet_names_the_server_and_the_key() -> None:
    written = snippet("https://events.example.com/path/", "cKEY")
    assert '("cKEY", "https://events.example.com/path", {});' in written
    assert written.startswith("<script>")
    assert written.endswith("</script>")


def test_the_tag_has_the_files_hash_and_no_inline_script() -> None:
    written = tag("https://events.example.com", "cKEY")
    assert 'src="https://events.example.com/analytics.js/v1/cKEY/analytics.min.js"' in written
    assert f'integrity="{integrity()}" crossorigin="anonymous"' in written
    assert "><" in written


def test_the_policy_names_the_origin_alone() -> None:
    allowed = content_security_policy("https://events.example.com:8443/path")
    assert allowed == (
        "script-src https://events.example.com:8443; connect-src https://events.example.com:8443"
    )


@given(st.text(), st.text())
def test_no_key_and_no_address_breaks_out_of_the_code(base: str, key: str) -> None:
    written = code("https://x/" + base.replace("[", "").replace("]", ""), key)
    assert written.snippet.lower().count("</script") == 1
    assert len(re.findall(r"<[^ ]", written.tag)) == 2
    assert html.unescape(written.tag).count("<script") == 1
