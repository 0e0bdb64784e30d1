"""How much a workspace uses: calls and people, by the day. Counted, never billed."""
