"""Who saw which variant of an experiment, and what they did afterwards."""

from typing import Any

from headwater.analytics.lazily import ibis


def first_seen(seen: Any) -> Any:
    """Each person's first sight of the experiment: `person`, `at`, `variant`, and how many
    `variants` they saw. `seen` has `person`, `at`, `id`, `variant`."""
    mine = ibis.window(group_by="person", order_by=["at", "id"])
    told = seen.mutate(place=ibis.row_number().over(mine))
    firsts = told.filter(told.place == 0)
    many = seen.group_by("person").agg(variants=seen.variant.nunique())
    return firsts.join(many, "person").select("person", "at", "variant", "variants")


def outcomes(firsts: Any, conversions: Any, days: int) -> Any:
    """By variant: `n` people, how many `converted` within `days` of their first sight, and the
    `value` of that. `conversions` has `person`, `at`, `value`."""
    acts = conversions.rename(c_person="person", c_at="at")
    did = firsts.join(
        acts,
        [
            firsts.person == acts.c_person,
            acts.c_at >= firsts.at,
            acts.c_at <= firsts.at + ibis.interval(days=days),
        ],
    ).select("person", "value")
    did = did.group_by("person").agg(value=did.value.sum(), times=did.count())
    told = firsts.left_join(did, "person")
    told = told.mutate(did=told.times.notnull().ifelse(1, 0), worth=told.value.fill_null(0.0))
    return told.group_by("variant").agg(
        n=told.count(), converted=told.did.sum().cast("int64"), value=told.worth.sum()
    )
