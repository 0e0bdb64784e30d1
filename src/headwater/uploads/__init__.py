"""Files sent to a running Headwater: looked at, mapped, and imported in a process of their own."""
