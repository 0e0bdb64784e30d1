"""The merger: what was said anew is merged by the published rules, and it rests in between."""

from collections.abc import Callable, Mapping

import msgspec

from headwater.syncing.model import PART, Policy, Published, Rule, RuleSet, Subject
from headwater.workers.merger import MergeWorker
from headwater.workspaces.model import Configuration


class Warehouses:
    """Warehouses with so many rows to merge."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        self.asked: list[Mapping[Subject, RuleSet]] = []

    def merge(self, rules_of: Callable[[str], Mapping[Subject, RuleSet]]) -> int:
        self.asked.append(rules_of("w"))
        done, self.waiting = min(self.waiting, 2), max(self.waiting - 2, 0)
        return done


def configuration(published: Published | None) -> Configuration:
    parts = {} if published is None else {PART: msgspec.Raw(msgspec.json.encode(published))}
    return Configuration(version=1, workspaces=(), sources=(), parts=parts)


def test_it_merges_by_the_rules_of_each_workspace_until_nothing_waits() -> None:
    rules = {Subject.PEOPLE: {"*": Rule(policy=Policy.OLDEST)}}
    warehouses, rests = Warehouses(3), list[float]()
    published = configuration(Published({"w": rules, "other": {}}))
    worker = MergeWorker(warehouses, lambda: published, rests.append)

    assert [worker.run_once() for _ in range(3)] == [2, 1, 0]

    assert warehouses.asked == [rules] * 3
    assert len(rests) == 2


def test_without_rules_it_merges_by_none_and_without_a_configuration_not_at_all() -> None:
    warehouses = Warehouses(1)
    assert MergeWorker(warehouses, lambda: None, lambda _: None).run_once() == 0
    assert warehouses.asked == []
    assert MergeWorker(warehouses, lambda: configuration(None), lambda _: None).run_once() == 1
    assert warehouses.asked == [{}]
