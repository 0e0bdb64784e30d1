"""Places whose files are imported as they appear: buckets, addresses, folders."""
