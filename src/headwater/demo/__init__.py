"""The life of a small shop, made up: the same seed and end give the same events, byte for byte."""
