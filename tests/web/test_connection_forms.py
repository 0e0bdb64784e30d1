"""From a form to the definition of a connection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidError
from headwater.imports.definition_file import resolved
from headwater.pulls.definition import Definition, parse
from headwater.streams.definition import parse as parse_stream
from headwater.web.connection_forms import (
    DatabaseForm,
    KafkaForm,
    database_definition,
    kafka_definition,
)

DATABASE = DatabaseForm(
    host="db.example.com",
    database="shop",
    user="re@der",
    password="s3cret",
    query="SELECT * FROM customers",
    key="id, region",
    cursor="changed_at",
    members="email plan",
)


def test_a_form_of_a_database_becomes_a_definition_without_its_password():
    text = database_definition(DATABASE)
    made = parse(text, "form.toml")
    assert isinstance(made, Definition)
    assert made.pull.url == "postgresql://re%40der:${DATABASE_PASSWORD}@db.example.com:5432/shop"
    assert (made.pull.key, made.pull.cursor) == (("id", "region"), "changed_at")
    assert made.events[0].traits == {"email": "{email}", "plan": "{plan}"}
    assert "s3cret" not in text
    assert made.names() == ["DATABASE_PASSWORD"]


def test_a_row_that_says_what_was_done_becomes_an_event_at_its_time():
    form = DatabaseForm(
        engine="sqlite",
        database="/data/shop.db",
        query="SELECT 1",
        makes="track",
        event="Order Completed",
        user_id="customer",
        timestamp="at",
    )
    made = parse(database_definition(form), "form.toml")
    assert isinstance(made, Definition)
    assert made.pull.url == "sqlite:////data/shop.db"
    assert (made.events[0].event, made.events[0].timestamp) == ("Order Completed", "{at}")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"engine": "oracle"}, "engine"),
        ({"host": ""}, "host"),
        ({"port": "99999"}, "port"),
        ({"query": " "}, "query"),
        ({"key": ","}, "key"),
        ({"makes": "track"}, "event"),
    ],
)
def test_what_is_missing_is_named(change: dict[str, str], field: str):
    form = DatabaseForm(
        **{name: getattr(DATABASE, name) for name in DATABASE.__struct_fields__} | change
    )
    with pytest.raises(InvalidError) as refused:
        database_definition(form)
    assert refused.value.field == field


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_no_user_or_database_changes_where_the_password_goes(user: str, database: str):
    if not user.strip() or not database.strip():
        return
    form = DatabaseForm(
        host="db", database=database, user=user, password="p", query="SELECT 1", key="id"
    )
    made = parse(database_definition(form), "form.toml")
    assert isinstance(made, Definition)
    address = resolved(made.pull.url, "url", InvalidError, {"DATABASE_PASSWORD": "p"})
    assert address.endswith(f"@db:5432/{made.pull.url.rpartition('/')[2]}")
    assert address.count("@") == 1


def test_topics_of_kafka_are_events_as_they_stand_or_are_mapped():
    plain = parse_stream(
        kafka_definition(KafkaForm(servers="b:9092", topics="a, b", user="u")), "form.toml"
    )
    assert (plain.kafka.topics, plain.mapping) == (("a", "b"), None)
    assert plain.names() == ["KAFKA_PASSWORD"]
    mapped = parse_stream(
        kafka_definition(
            KafkaForm(servers="b", topics="a", event="Paid", user_id="who", members="sum")
        ),
        "form.toml",
    )
    assert mapped.events[0].properties == {"sum": "{sum}"}
