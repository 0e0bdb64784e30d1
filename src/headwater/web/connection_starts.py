"""What there is to connect, and the texts that a definition of it may begin with."""

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[str, str]] = {
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "mailchimp": "Mailchimp",
    "stripe": "Stripe",
    "zendesk": "Zendesk",
    "meta-pages": "Facebook, Instagram",
}
"""The applications with a ready definition, by its name."""

KINDS: Final[Mapping[str, str]] = {
    "database": "Database",
    "kafka": "Kafka",
    "files": "Files",
    "text": "Definition",
}

TEXTS: Final[Mapping[str, str]] = {
    "files": """[location]
url = "s3://bucket/exports/"
pattern = "*.csv.gz"

[location.s3]
region = "eu-central-1"
access_key_id = "${S3_KEY}"
secret_access_key = "${S3_SECRET}"

[[events]]
type = "identify"
userId = "{id}"
traits = { email = "{email}" }
""",
    "text": """[pull]
url = "postgresql://user:${DATABASE_PASSWORD}@host:5432/database"
query = "SELECT id, email, plan, changed_at FROM customers"
key = ["id"]
cursor = "changed_at"

[[events]]
type = "identify"
userId = "{id}"
when = { "$change" = ["inserted", "updated"] }
traits = { email = "{email}", plan = "{plan}" }
""",
}
