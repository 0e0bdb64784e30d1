"""From a form's fields to the definition of a connection. Pure."""

import re
from typing import Final
from urllib.parse import quote

import msgspec
import tomli_w

from headwater.errors import InvalidError

PORTS: Final = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
FILES: Final = ("sqlite", "duckdb")
ENGINES: Final = (*PORTS, *FILES)
PASSWORD: Final = "DATABASE_PASSWORD"  # noqa: S105 - the name of one
KAFKA_PASSWORD: Final = "KAFKA_PASSWORD"  # noqa: S105 - the name of one
_NAMES: Final = re.compile(r"[\s,]+")


class DatabaseForm(msgspec.Struct):
    """A database, a query, and what a row says: who somebody is, or what was done."""

    engine: str = "postgresql"
    host: str = ""
    port: str = ""
    database: str = ""
    user: str = ""
    password: str = ""
    query: str = ""
    key: str = "id"
    cursor: str = ""
    makes: str = "identify"
    event: str = ""
    user_id: str = "id"
    timestamp: str = ""
    members: str = ""


class KafkaForm(msgspec.Struct):
    """Topics of Apache Kafka whose messages are events in Segment's shape, or rows of one."""

    servers: str = ""
    topics: str = ""
    start: str = "earliest"
    user: str = ""
    password: str = ""
    event: str = ""
    user_id: str = ""
    members: str = ""


def database_definition(form: DatabaseForm) -> str:
    """The definition, as TOML. Raises InvalidError, which names the field."""
    key = _names(form.key)
    pull: dict[str, object] = {
        "url": _url(form),
        "query": _given(form.query, "query"),
        "key": key or [_given("", "key")],
    }
    if form.cursor.strip():
        pull["cursor"] = form.cursor.strip()
    user_id = "{" + _given(form.user_id, "user_id") + "}"
    members = {name: "{" + name + "}" for name in _names(form.members)}
    changed = {"$change": ["inserted", "updated"]}
    event: dict[str, object] = {"userId": user_id, "when": changed}
    if form.makes == "track":
        event |= {"event": _given(form.event, "event"), "properties": members}
    else:
        event |= {"type": "identify", "traits": members}
    if form.timestamp.strip():
        event["timestamp"] = "{" + form.timestamp.strip() + "}"
    definition: dict[str, object] = {"pull": pull}
    if form.timestamp.strip():
        definition["columns"] = {form.timestamp.strip(): "time"}
    return tomli_w.dumps(definition | {"events": [event]})


def kafka_definition(form: KafkaForm) -> str:
    """The definition, as TOML. Raises InvalidError, which names the field."""
    kafka: dict[str, object] = {
        "servers": _given(form.servers, "servers"),
        "topics": _names(form.topics) or [_given("", "topics")],
        "start": form.start if form.start in ("earliest", "latest") else "earliest",
    }
    if form.user.strip():
        kafka["options"] = {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": form.user.strip(),
            "sasl.password": "${" + KAFKA_PASSWORD + "}",
        }
    if not form.event.strip():
        return tomli_w.dumps({"kafka": kafka})
    event = {
        "event": form.event.strip(),
        "userId": "{" + _given(form.user_id, "user_id") + "}",
        "properties": {name: "{" + name + "}" for name in _names(form.members)},
    }
    return tomli_w.dumps({"kafka": kafka, "events": [event]})


def _url(form: DatabaseForm) -> str:
    if form.engine not in ENGINES:
        raise InvalidError("engine: there is no such database.", field="engine")
    name = _given(form.database, "database")
    if form.engine in FILES:
        return f"{form.engine}:///{name}"
    port = form.port.strip() or str(PORTS[form.engine])
    if not port.isdecimal() or not 0 < int(port[:6]) < 65_536:
        raise InvalidError("port: must be a number from 1 to 65535.", field="port")
    who = quote(form.user.strip(), safe="")
    if who and form.password:
        who += ":${" + PASSWORD + "}"
    host = _given(form.host, "host")
    return f"{form.engine}://{who}{'@' if who else ''}{host}:{port}/{quote(name, safe='')}"


def _given(value: str, field: str) -> str:
    if not value.strip():
        raise InvalidError(f"{field}: is missing.", field=field)
    return value.strip()


def _names(text: str) -> list[str]:
    return [name for name in _NAMES.split(text.strip()) if name]
