"""The tracker's files are small, are what their source makes, and are typed."""

import base64
import gzip
import hashlib
import subprocess
from pathlib import Path

import pytest

from headwater.tracker.files import files, integrity

ROOT = Path(__file__).parents[2]
NODE = ROOT / "tests" / "flows" / "node"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The npm packages that the tests use."""
    if not (NODE / "node_modules" / "terser").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True)
    return NODE / "node_modules"


def test_the_tracker_is_under_five_thousand_bytes_compressed() -> None:
    assert len(gzip.compress(files()["analytics.min.js"].body, 9, mtime=0)) < 5000


def test_what_is_loaded_only_when_wanted_is_under_two_thousand() -> None:
    assert len(gzip.compress(files()["autocapture.min.js"].body, 9, mtime=0)) < 2000


def test_the_files_are_what_their_source_makes(node_modules: Path, tmp_path: Path) -> None:
    subprocess.run(["node", ROOT / ".ci" / "tracker.mjs", tmp_path], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {name: file.body for name, file in files().items()}, "run: make tracker"


def test_the_hash_is_that_of_the_file_and_the_tracker_knows_the_second_files() -> None:
    digest = hashlib.sha384(files()["analytics.min.js"].body).digest()
    assert integrity() == "sha384-" + base64.b64encode(digest).decode()
    second = hashlib.sha256(files()["autocapture.min.js"].body).digest()
    assert b"sha256-" + base64.b64encode(second) in files()["analytics.min.js"].body


def test_nothing_in_the_tracker_needs_an_unsafe_policy() -> None:
    for file in files().values():
        for word in (b"eval(", b"Function(", b"innerHTML", b"document.write", b"setTimeout('"):
            assert word not in file.body


def test_the_declared_types_accept_every_way_of_calling_and_refuse_others(
    node_modules: Path, tmp_path: Path
) -> None:
    (tmp_path / "analytics.d.ts").write_bytes(files()["analytics.d.ts"].body)
    (tmp_path / "right.ts").write_text(
        """
        import type { LoadOptions } from './analytics';
        const options: LoadOptions = { autocapture: ['clicks'], singlePage: true, gpc: false };
        const { analytics } = window;
        const options2 = { timestamp: new Date(), integrations: { All: false } };
        analytics.track("Signed Up", { plan: "pro" }, options2, (sent) => sent?.type);
        analytics.page();
        analytics.page('Home');
        analytics.page('Shop', 'Home', { a: 1 });
        analytics.identify({ name: 'Ada' });
        analytics.identify(7, null);
        analytics.group('g').then((sent) => sent?.event.groupId);
        const name: string | null = analytics.group().id();
        const id: string = analytics.user().anonymousId();
        analytics.alias('new', 'old');
        analytics.consent({ Advertising: false });
        analytics.addSourceMiddleware(({ payload, next }) => next(payload.json() && payload));
        analytics.on('track', (event: string) => event);
        export { options, name, id };
        """
    )
    (tmp_path / "wrong.ts").write_text(
        "import './analytics';\n"
        "window.analytics.track(7);\n"
        "window.analytics.consent('yes');\n"
        "window.analytics.identify();\n"
    )
    assert _checked(node_modules, tmp_path / "right.ts") == ""
    said = _checked(node_modules, tmp_path / "wrong.ts")
    assert [f"wrong.ts({line}," in said for line in (2, 3, 4)] == [True] * 3, said


def _checked(node_modules: Path, file: Path) -> str:
    """What TypeScript's compiler says of a file."""
    done = subprocess.run(
        [node_modules / ".bin" / "tsc", "--noEmit", "--strict", "--target", "es2022", file.name],
        cwd=file.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout
