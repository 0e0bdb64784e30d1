"""Accounts of people in the state database. An account may belong to several workspaces."""

import re
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, func, insert, select

from headwater.access.tables import USERS
from headwater.errors import InvalidError
from headwater.kit import ids
from headwater.workspaces.rules import LONGEST_NAME

_LONGEST_EMAIL: Final = 254
_EMAIL: Final = re.compile(r"[^\s@,;<>()\"\\]{1,64}@[^\s@,;<>()\"\\]+")


class User(msgspec.Struct, frozen=True):
    """A person who may sign in."""

    id: str
    email: str
    name: str
    language: str = ""
    time_zone: str = ""
    created_at: int = 0


def email_of(text: str, *, field: str = "email") -> str:
    """An e-mail address in the form that accounts are known by. Raises InvalidError."""
    email = text.strip().lower()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidError(
            f"{field}: {text[:100]!r} is no e-mail address.",
            field=field,
            hint="Check its spelling.",
        )
    return email


def name_of(text: str, *, field: str = "name") -> str:
    """A person's name, one that can be shown. Raises InvalidError."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"{field}: must be 1 to {LONGEST_NAME} characters.", field=field)
    return name


def create(connection: Connection, *, email: str, name: str, password_hash: str, now: int) -> User:
    """Make an account; the address must be free."""
    user = User(id=ids.resource_id(), email=email, name=name, created_at=now)
    connection.execute(
        insert(USERS).values(**msgspec.structs.asdict(user), password_hash=password_hash)
    )
    return user


def by_email(connection: Connection, email: str) -> tuple[User, str] | None:
    """The account of an address and what is kept of its password; None where there is none."""
    row = connection.execute(select(USERS).where(USERS.c.email == email)).first()
    return None if row is None else (user_of(row), row.password_hash)


def by_id(connection: Connection, user_id: str) -> tuple[User, str] | None:
    """An account and what is kept of its password; None where there is none."""
    row = connection.execute(select(USERS).where(USERS.c.id == user_id)).first()
    return None if row is None else (user_of(row), row.password_hash)


def count(connection: Connection) -> int:
    """How many accounts there are."""
    return connection.scalar(select(func.count()).select_from(USERS)) or 0


def user_of(row: Row[tuple[object, ...]]) -> User:
    """The account that a row of the table holds."""
    return User(row.id, row.email, row.name, row.language, row.time_zone, row.created_at)
