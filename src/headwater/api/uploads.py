"""Uploads: files sent in pieces, looked at, mapped and imported into a source by the server."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.visible import one as source_of
from headwater.api.visible import sees_people
from headwater.errors import BadRequestError, NotFoundError
from headwater.imports.model import FileMapping, FileRules
from headwater.imports.writing_mapping import mapping_text
from headwater.search.masking import MASK
from headwater.uploads.model import Found, FoundProblem, Tried, Upload
from headwater.uploads.uploads import Shown, Uploads

_CHANGE = OnSome(Permission.SOURCE_ADMIN)
_PATH = "/api/sources/{source_id}/uploads"
_ONE = _PATH + "/{upload_id}"


class NewUpload(msgspec.Struct, frozen=True):
    """A file that is to be sent: its name, and its bytes."""

    file: Annotated[str, Meta(min_length=1, max_length=500)]
    size: Annotated[int, Meta(ge=0)]


class PieceQuery(msgspec.Struct, frozen=True):
    """Where in the file a piece begins."""

    offset: Annotated[int, Meta(ge=0, description="As `received` says.")] = 0


class Look(msgspec.Struct, frozen=True):
    """How the file is to be read; what is left out is found out."""

    file: FileRules = FileRules()


class Mapped(msgspec.Struct, frozen=True):
    """How rows become events, as in a mapping file; without a mapping they are events already."""

    mapping: FileMapping | None = None
    file: FileRules | None = None


class OneUpload(msgspec.Struct, frozen=True):
    """An upload."""

    upload: Shown


class UploadList(msgspec.Struct, frozen=True):
    """Uploads, the newest first."""

    uploads: Sequence[Shown]


class OneFound(msgspec.Struct, frozen=True):
    """What a file is, and the mapping that is proposed for it."""

    found: Found


class OneTried(msgspec.Struct, frozen=True):
    """What the first rows become."""

    preview: Tried


def _uploads(call: Call) -> Uploads:
    return call.context.backends.uploads


async def _upload(call: Call) -> Upload:
    return await _uploads(call).one(call.principal, call.path("source_id"), call.path("upload_id"))


async def _answered(call: Call, upload: Upload, status: int = 200) -> Response:
    shown = await run_in_threadpool(_uploads(call).shown, call.principal, upload)
    return answer(Data(OneUpload(await _unpeopled(call, shown, upload))), status)


async def _unpeopled(call: Call, shown: Shown, upload: Upload) -> Shown:
    """Without rejected rows, for who may not see personal data and did not send the file."""
    if shown.run is None or await _may_look(call, upload):
        return shown
    rejects = [msgspec.structs.replace(each, row=MASK, reason=MASK) for each in shown.run.rejects]
    return msgspec.structs.replace(shown, run=msgspec.structs.replace(shown.run, rejects=rejects))


async def _may_look(call: Call, upload: Upload) -> bool:
    """Whether the caller may see what stands in the file: it is theirs, or they may see people."""
    if upload.by == call.principal.actor:
        return True
    may = sees_people(call, await source_of(call))
    if may:
        call.context.changes.record_read(call.principal, "upload", upload.id)
    return may


async def index(call: Call) -> Response:
    found = await _uploads(call).listed(call.principal, call.path("source_id"))
    shown = [
        await _unpeopled(
            call, await run_in_threadpool(_uploads(call).shown, call.principal, each), each
        )
        for each in found
    ]
    return answer(Data(UploadList(shown)))


async def create(call: Call) -> Response:
    """Then send its bytes by `PUT …/content`."""
    body = await call.body(NewUpload)
    made = await _uploads(call).create(call.principal, call.path("source_id"), body.file, body.size)
    return await _answered(call, made, 201)


async def show(call: Call) -> Response:
    return await _answered(call, await _upload(call))


async def content(call: Call) -> Response:
    """The body is the piece itself, as `application/octet-stream`, of at most 8 MiB. After a
    failure ask for the upload, whose `received` says where to go on."""
    await _upload(call)
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/octet-stream":
        raise BadRequestError(
            f"A piece must be application/octet-stream, and its Content-Type is "
            f"{kind or 'missing'}.",
            code="unsupported_media_type",
        )
    taken = await _uploads(call).take(
        call.principal,
        call.path("source_id"),
        call.path("upload_id"),
        call.asked(PieceQuery).offset,
        call.request.stream(),
    )
    return await _answered(call, taken)


async def look(call: Call) -> Response:
    """The file's format, encoding, columns and first rows, and a mapping that fits them."""
    body = await call.body(Look)
    upload = await _upload(call)
    found = await _uploads(call).found(upload, None if body.file == FileRules() else body.file)
    if not await _may_look(call, upload):
        found = msgspec.structs.replace(
            found,
            rows=_masked(found.rows),
            problems=_masked_problems(found.problems),
            columns=[msgspec.structs.replace(each, examples=()) for each in found.columns],
        )
    return answer(Data(OneFound(found)))


async def preview(call: Call) -> Response:
    """The events of the first rows; nothing is sent."""
    body = await call.body(Mapped)
    upload = await _upload(call)
    tried = await _uploads(call).tried(upload, body.mapping, body.file)
    if not await _may_look(call, upload):
        tried = msgspec.structs.replace(
            tried, shown=_masked(tried.shown), problems=_masked_problems(tried.problems)
        )
    return answer(Data(OneTried(tried)))


def _masked(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [dict.fromkeys(row, MASK) for row in rows]


def _masked_problems(problems: Sequence[FoundProblem]) -> list[FoundProblem]:
    return [FoundProblem(each.line, MASK, MASK) for each in problems]


async def begin(call: Call) -> Response:
    """It goes on after the answer, also when the server is stopped and started."""
    body = await call.body(Mapped)
    upload = await _upload(call)
    begun = await _uploads(call).begin(call.principal, upload, body.mapping, body.file)
    return await _answered(call, begun)


async def cancel(call: Call) -> Response:
    """Events that were accepted stay; imported again, it goes on where it stopped."""
    upload = await _upload(call)
    return await _answered(call, await _uploads(call).cancel(call.principal, upload))


async def rejected(call: Call) -> Response:
    """Each line is an object: `line`, `reason` and the row."""
    upload = await _upload(call)
    if not await _may_look(call, upload):
        call.principal.require(Permission.PII_READ)
    path = _uploads(call).folder.rejected(upload)
    if not path.is_file():
        return Response(b"", media_type="application/x-ndjson")
    return FileResponse(
        path, media_type="application/x-ndjson", filename=f"{upload.file}.rejected.jsonl"
    )


async def mapping(call: Call) -> Response:
    """As TOML, for `headwater import --mapping`."""
    upload = await _upload(call)
    if upload.mapping is None:
        raise NotFoundError("This upload has no mapping: its rows are events, or it was not begun.")
    whole = msgspec.structs.replace(upload.mapping, file=upload.file_rules)
    name = "".join(each if each.isascii() and each.isalnum() else "-" for each in upload.file)
    return Response(
        mapping_text(whole),
        media_type="application/toml",
        headers={"Content-Disposition": f'attachment; filename="{name}.toml"'},
    )


async def delete(call: Call) -> Response:
    await _uploads(call).delete(call.principal, await _upload(call))
    return answer(DONE)


ROUTES = (
    ApiRoute("GET", _PATH, _CHANGE, index, Doc("Uploads.", "Uploads", answer=Data[UploadList])),
    ApiRoute(
        "POST",
        _PATH,
        _CHANGE,
        create,
        Doc(
            "Begin an upload.",
            "Uploads",
            body=NewUpload,
            answer=Data[OneUpload],
            status=201,
            errors=(409,),
        ),
    ),
    ApiRoute("GET", _ONE, _CHANGE, show, Doc("An upload.", "Uploads", answer=Data[OneUpload])),
    ApiRoute(
        "PUT",
        _ONE + "/content",
        _CHANGE,
        content,
        Doc(
            "Send the next piece of an upload.",
            "Uploads",
            query=PieceQuery,
            answer=Data[OneUpload],
            errors=(400, 409),
        ),
    ),
    ApiRoute(
        "POST",
        _ONE + "/look",
        _CHANGE,
        look,
        Doc(
            "What the uploaded file is.", "Uploads", body=Look, answer=Data[OneFound], errors=(409,)
        ),
    ),
    ApiRoute(
        "POST",
        _ONE + "/preview",
        _CHANGE,
        preview,
        Doc(
            "The first events of an upload.",
            "Uploads",
            body=Mapped,
            answer=Data[OneTried],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "POST",
        _ONE + "/import",
        _CHANGE,
        begin,
        Doc("Import an upload.", "Uploads", body=Mapped, answer=Data[OneUpload], errors=(409,)),
    ),
    ApiRoute(
        "POST",
        _ONE + "/cancel",
        _CHANGE,
        cancel,
        Doc("Stop importing an upload.", "Uploads", answer=Data[OneUpload], errors=(409,)),
    ),
    ApiRoute(
        "GET",
        _ONE + "/rejected",
        _CHANGE,
        rejected,
        Doc("The rejected rows of an upload.", "Uploads", media=("application/x-ndjson",)),
    ),
    ApiRoute(
        "GET",
        _ONE + "/mapping",
        _CHANGE,
        mapping,
        Doc("The mapping of an upload.", "Uploads", media=("application/toml",)),
    ),
    ApiRoute(
        "DELETE", _ONE, _CHANGE, delete, Doc("Delete an upload.", "Uploads", answer=Data[Status])
    ),
)
