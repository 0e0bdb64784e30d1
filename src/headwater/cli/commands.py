"""`headwater commands`: the reference of all commands, in Markdown."""

from headwater.cli import application

_HEAD = """# Commands

What a command prints on standard output is data; all else goes to standard error. The exit status
is 0 after success, 1 after a failure that standard error explains, and 2 for arguments or settings
that cannot be used. Commands that talk to a server take the one that `--url` names, or else the one
that runs on the data folder.

This page is made by `headwater commands`.

"""


def commands() -> None:
    """Print the reference of all commands, in Markdown."""
    print(reference(), end="")


def reference() -> str:
    """The reference page of all commands, in Markdown."""
    made = application().generate_docs(output_format="markdown", heading_level=2)
    return _HEAD + made[made.index("**Commands**") :].rstrip() + "\n"
