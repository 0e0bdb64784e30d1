"""Tracking plans: `plans/NAME.yaml`. Sources are named by their slugs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote
from headwater.errors import BadRequestError
from headwater.plans.model import HIGHEST_VERSION, PlanType, RuleType

_PATH: Final = "/api/tracking-plans"


class PlanRuleFile(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A rule, as in the API; `key` is the name of a track event, and empty for other types."""

    type: RuleType
    key: str = ""
    version: Annotated[int, Meta(ge=0, le=HIGHEST_VERSION)] = 1
    json_schema: dict[str, Any] | None = None


class PlanFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a file says of a tracking plan, its rules and its sources. `sources` are slugs."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    description: str = ""
    type: PlanType = PlanType.LIVE
    sources: list[str] = []
    rules: list[PlanRuleFile] = []


def _order(rule: Mapping[str, Any]) -> tuple[str, str, int]:
    return rule["type"], rule["key"], rule["version"]


def _normal(document: Document) -> Document:
    """Neither rules nor sources have an order."""
    return {
        **document,
        "sources": sorted(document["sources"]),
        "rules": sorted(document["rules"], key=_order),
    }


def _pull(api: Api) -> Sequence[Remote]:
    return [Remote(each["id"], _document(api, each)) for each in every(api, _PATH, "trackingPlans")]


def _document(api: Api, plan: Document) -> Document:
    at = f"{_PATH}/{plan['id']}"
    return _normal(
        {
            "name": plan["name"],
            "description": plan["description"],
            "type": plan["type"],
            "sources": [each["slug"] for each in every(api, f"{at}/sources", "sources")],
            "rules": [
                {
                    "type": each["type"],
                    "key": each.get("key", ""),
                    "version": each["version"],
                    "jsonSchema": each["jsonSchema"],
                }
                for each in every(api, f"{at}/rules", "rules")
            ],
        }
    )


def _create(api: Api, document: Document) -> None:
    body = {name: document[name] for name in ("name", "description", "type")}
    plan_id = api("POST", _PATH, body)["trackingPlan"]["id"]
    _fill(api, plan_id, document)


def _change(api: Api, remote: Remote, document: Document) -> None:
    if remote.document["type"] != document["type"]:
        raise BadRequestError(
            f"type: the plan {document['name']!r} is of the type {remote.document['type']}, which "
            "never changes.",
            hint="Give the new one another name.",
        )
    if remote.document["description"] != document["description"]:
        api("PATCH", f"{_PATH}/{remote.id}", {"description": document["description"]})
    _fill(api, remote.id, document, remote.document)


def _fill(api: Api, plan_id: str, document: Document, before: Document | None = None) -> None:
    """Bring a plan's rules and sources to where the document has them."""
    at = f"{_PATH}/{plan_id}"
    if document["rules"] != (before["rules"] if before else []):
        api("PUT", f"{at}/rules", {"rules": [_input(rule) for rule in document["rules"]]})
    held = set(before["sources"]) if before else set()
    wanted = set(document["sources"])
    if held == wanted:
        return
    ids = {each["slug"]: each["id"] for each in every(api, "/api/sources", "sources")}
    for slug in sorted(held - wanted):
        api("DELETE", f"{at}/sources?sourceId={ids[slug]}")
    for slug in sorted(wanted - held):
        if slug not in ids:
            raise BadRequestError(f"sources: there is no source {slug!r}.")
        _connect(api, at, ids[slug])


def _connect(api: Api, at: str, source_id: str) -> None:
    """Connect a source, which may have another plan until now."""
    other = api("GET", f"/api/sources/{source_id}").get("trackingPlanId")
    if other is not None:
        api("DELETE", f"{_PATH}/{other}/sources?sourceId={source_id}")
    api("POST", f"{at}/sources", {"sourceId": source_id})


def _input(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    return rule if rule["key"] else {k: value for k, value in rule.items() if k != "key"}


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", f"{_PATH}/{remote.id}")


NOUN = Noun(
    kind="tracking-plan",
    folder="plans",
    shape=PlanFile,
    key=lambda document: str(document["name"]),
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
    normal=_normal,
)
