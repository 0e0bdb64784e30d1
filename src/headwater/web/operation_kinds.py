"""The operations of transformations as the console shows them."""

from collections.abc import Mapping
from typing import Final

from headwater.web.navigation import N_
from headwater.web.rule_kinds import Look

OPERATIONS: Final[Mapping[str, Look]] = {
    "rename": Look(N_("Rename or move"), "edit"),
    "copy": Look(N_("Copy"), "copy"),
    "drop": Look(N_("Remove members"), "trash"),
    "allow": Look(N_("Keep only some"), "filter"),
    "set": Look(N_("Set a value"), "check"),
    "change_case": Look(N_("Change case"), "edit"),
    "cast": Look(N_("Cast to a type"), "table"),
    "mask": Look(N_("Mask"), "shield"),
    "hash": Look(N_("Salted hash"), "key"),
    "split": Look(N_("Split"), "more"),
    "merge": Look(N_("Merge"), "plus"),
    "parse": Look(N_("Parse CSV, XML, JSON, queries"), "download"),
    "write": Look(N_("Write CSV, XML, JSON, queries"), "upload"),
}
"""What the kinds of operation are called, in the order in which people are shown them."""
