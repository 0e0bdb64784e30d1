"""The account of every event: accepted = loaded + filtered + duplicates + rejected + waiting."""
