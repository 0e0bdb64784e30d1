"""What the server reads of applications is on the public internet, or allowed."""

import pytest

from headwater.connections.kinds.application import KIND
from headwater.connections.kinds.model import Task
from headwater.connections.model import Form
from headwater.errors import InvalidError, PullError
from tests.pulls.rest.apis.serving import Api, Reply, Request, served


class Inner(Api):
    def answer(self, request: Request) -> Reply:
        return Reply([{"id": 1}])


def test_an_inner_application_is_read_only_where_it_is_allowed() -> None:
    api = Inner()
    with served(api):
        definition = f"""
            rest: {{base_url: "{api.url}"}}
            resources:
              - {{name: things, path: /, key: [id], events: [{{event: A, userId: "{{id}}"}}]}}
        """
        read = KIND.parse(definition, "definition.yaml")

        def tried(*allowed: str) -> int:
            task = Task(
                kind="application",
                definition=definition,
                form=Form.YAML,
                secrets={},
                files=None,
                allowed=allowed,
            )
            return len(KIND.try_out(read, task))

        with pytest.raises(PullError, match=r"things: .* is not on the public internet"):
            tried()
        assert api.requests == []
        assert tried("127.0.0.0/8") == 1
        with pytest.raises(InvalidError, match="connections_allowed: '10/99' is no network"):
            tried("10/99")
