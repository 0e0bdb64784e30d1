"""One file per noun of the console, each with its `PAGES`."""
