"""Configuration as code: a folder of YAML files, compared with a server and carried out on it.

Works over the API alone, so it needs no more than a server's address and a token, and whatever it
changes is in the audit trail.
"""
