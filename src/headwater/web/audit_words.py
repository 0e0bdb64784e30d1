"""The audit trail's actions and kinds of things in words that can be translated."""

from typing import Final

from headwater.web.navigation import N_
from headwater.web.translation import Translator

SUBJECTS: Final = {
    "Source": N_("Source"),
    "Cleaning Rule": N_("Cleaning rule"),
    "Transformation": N_("Transformation"),
    "Sync Rule": N_("Sync rule"),
    "People": N_("Users"),
    "Organizations": N_("Organizations"),
    "Source Schema Settings": N_("Schema settings"),
    "Token": N_("API token"),
    "User": N_("User"),
    "User Group": N_("Group"),
    "Invitation": N_("Invitation"),
    "Session": N_("Session"),
    "Label": N_("Label"),
    "Workspace": N_("Workspace"),
    "Warehouse": N_("Warehouse"),
    "SQL": N_("SQL"),
    "debugger": N_("Live events"),
    "event": N_("Event"),
    "events": N_("Events"),
    "schema": N_("Schema"),
    "Import": N_("Import"),
    "Upload": N_("Uploaded file"),
    "upload": N_("Uploaded file"),
}
"""The kinds of things that a change or a read can be of."""

_ACTIONS: Final = {
    "Personal Data Read": N_("Personal data read"),
    "Owner Created": N_("Owner created"),
    "Invitation Accepted": N_("Invitation accepted"),
    "Invitation Deleted": N_("Invitation withdrawn"),
    "Other Sessions Ended": N_("Other sessions ended"),
    "Password Changed": N_("Password changed"),
    "Session Ended": N_("Session ended"),
    "Sign-in Blocked": N_("Sign-in blocked"),
    "Import Begun": N_("Import begun"),
    "Import Cancelled": N_("Import stopped"),
    "Upload Begun": N_("Upload begun"),
    "User Invited": N_("Invited"),
    "User Removed": N_("Removed from the workspace"),
    "User Signed In": N_("Signed in"),
    "User Permissions Modified": N_("Roles changed"),
    "User Group Permissions Modified": N_("Group's roles changed"),
    "User Group Users Modified": N_("Group's members changed"),
}
_VERBS: Final = {
    "Created": N_("%(what)s created"),
    "Modified": N_("%(what)s changed"),
    "Deleted": N_("%(what)s deleted"),
}


def action(text: str, translator: Translator) -> str:
    """An action in words; one without a translation stays as it is written."""
    if text in _ACTIONS:
        return translator.gettext(_ACTIONS[text])
    what, _, verb = text.rpartition(" ")
    if verb in _VERBS and what in SUBJECTS:
        return translator.gettext(_VERBS[verb]) % {"what": subject(what, translator)}
    return text


def subject(text: str, translator: Translator) -> str:
    """A kind of thing in words."""
    return translator.gettext(SUBJECTS[text]) if text in SUBJECTS else text
