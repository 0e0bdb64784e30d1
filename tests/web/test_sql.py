"""The SQL page without script: asking, downloading, saving, and what it shows of it."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.access.roles import Role
from headwater.questions import history, saved
from tests.web.stage import Stage
from tests.web.warehouse_role import WarehouseRole


@pytest.fixture
def role(stage: Stage) -> WarehouseRole:
    role = WarehouseRole()
    stage.context = replace(stage.context, warehouse=role.remote())
    stage.ada = stage.client("token-of-ada")
    return role


@pytest.fixture
def ada(stage: Stage, role: WarehouseRole) -> TestClient:
    return stage.ada


def test_an_address_may_bring_a_question(ada: TestClient) -> None:
    page = ada.get("/sql", params={"q": "SELECT '<b>'"})
    assert "SELECT &#39;&lt;b&gt;&#39;</textarea>" in page.text


def test_a_question_is_answered_on_the_page(ada: TestClient, role: WarehouseRole) -> None:
    page = ada.post("/sql", data={"sql": "SELECT 1"})
    assert role.asked[0]["max_rows" if "max_rows" in role.asked[0] else "maxRows"] == 200
    assert '<td class="number">5</td><td>&lt;b&gt;</td>' in page.text
    assert page.text.count('<td class="null">NULL</td>') == 2
    assert "2 rows" in page.text


def test_a_refusal_says_where(ada: TestClient) -> None:
    page = ada.post("/sql", data={"sql": "-- x"})
    assert page.status_code == 400
    assert "it is empty" in page.text
    assert "Line 1, column 3" in page.text
    chinese = ada.post("/sql", data={"sql": "-- x"}, headers={"Accept-Language": "zh-CN"})
    assert "这条语句不能执行：内容为空。" in chinese.text
    assert "第 1 行，第 3 列" in chinese.text


def test_nothing_is_no_question(ada: TestClient, role: WarehouseRole) -> None:
    assert ada.post("/sql", data={"sql": "  "}).status_code == 400
    assert role.asked == []


def test_an_answer_is_downloaded(ada: TestClient, role: WarehouseRole) -> None:
    file = ada.post("/sql/download", data={"sql": "SELECT 1", "format": "csv"})
    assert file.headers["content-disposition"] == 'attachment; filename="headwater.csv"'
    assert file.text == "n,t\n5,b\n"
    assert "maxRows" not in role.asked[0] or role.asked[0]["maxRows"] is None
    assert ada.post("/sql/download", data={"sql": "x", "format": "csv"}).status_code == 400
    assert ada.post("/sql/download", data={"sql": "SELECT 1", "format": "exe"}).status_code == 400


def test_the_api_s_words_are_said_in_chinese(ada: TestClient) -> None:
    asked = {"message": "This question cannot be asked: the function x is not allowed.", "hint": ""}
    said = ada.get("/sql/problem", params=asked, headers={"Accept-Language": "zh-CN"}).json()
    assert said["message"] == "这条语句不能执行：不允许使用函数 x。"


def test_a_query_is_saved_shown_changed_and_removed(ada: TestClient, stage: Stage) -> None:
    made = ada.post("/sql/save", data={"name": "Orders", "sql": "SELECT 1"})
    assert made.status_code == 303
    [held] = saved.listed(stage.changes, stage.owner)
    assert made.headers["location"] == f"/sql?saved={held.id}"
    assert "SELECT 1</textarea>" in ada.get(f"/sql?saved={held.id}").text
    taken = ada.post("/sql/save", data={"name": "Orders", "sql": "SELECT 2"})
    assert taken.status_code == 409
    ada.post("/sql/save", data={"name": "Orders", "sql": "SELECT 3", "saved": held.id})
    assert saved.one(stage.changes, stage.owner, held.id).sql == "SELECT 3"
    ada.post("/sql/remove", data={"saved": held.id})
    assert ada.get(f"/sql?saved={held.id}").status_code == 404


def test_history_is_shown_opened_and_cleared(ada: TestClient, stage: Stage) -> None:
    history.remember(stage.changes, stage.owner, "SELECT 7", milliseconds=3, rows=1)
    history.remember(stage.changes, stage.owner, "SELECT x", milliseconds=3, error="No x.")
    page = ada.get("/sql").text
    assert "SELECT 7" in page
    assert ">failed<" in page
    [asked] = history.asked(stage.changes, stage.owner, text="SELECT 7")
    assert "SELECT 7</textarea>" in ada.get(f"/sql?asked={asked.id}").text
    ada.post("/sql/forget")
    assert history.asked(stage.changes, stage.owner) == []
    assert ada.get(f"/sql?asked={asked.id}").status_code == 404


def test_asking_is_on_the_record(ada: TestClient, stage: Stage) -> None:
    ada.post("/sql", data={"sql": "SELECT email FROM users"})
    stage.changes.close()
    with stage.changes.reading() as connection:
        last = list(audit.entries(connection))[-1]
    assert (last.action, last.subject_id) == ("Personal Data Read", "SELECT email FROM users")


def test_who_may_not_see_people_may_not_ask(stage: Stage, role: WarehouseRole) -> None:
    bob = stage.as_member(Role.WORKSPACE_MEMBER)
    assert bob.get("/sql").status_code == 403
    assert bob.post("/sql", data={"sql": "SELECT 1"}).status_code == 403
    assert bob.post("/sql/download", data={"sql": "SELECT 1"}).status_code == 403
    assert role.asked == []


def test_without_script_parameters_limits_and_the_plan_are_asked_too(
    ada: TestClient, role: WarehouseRole
) -> None:
    sql = "SELECT {{least:number=5}}, {{who}}, {{d:date}}"
    form = {
        "sql": sql,
        "parameter_name": ["least", "who", "d"],
        "parameter": ["", "", "2026-01-31"],
        "max_rows": "7",
        "seconds": "2.5",
    }
    page = ada.post("/sql", data=form)
    assert role.asked[-1]["parameters"] == {"who": "", "d": "2026-01-31"}
    assert (role.asked[-1]["maxRows"], role.asked[-1]["timeoutSeconds"]) == (7, 2.5)
    assert 'data-of="d" value="2026-01-31"' in page.text
    ada.post("/sql", data={**form, "max_rows": "9999", "seconds": "soon"})
    assert (role.asked[-1]["maxRows"], role.asked[-1]["timeoutSeconds"]) == (200, None)
    page = ada.post("/sql", data={**form, "explain": "yes"})
    assert role.asked[-1]["sql"] == f"EXPLAIN {sql}"
    assert "<code data-plan-text>&lt;b&gt;\nNone</code>" in page.text
    ada.post("/sql/download", data={**form, "format": "xlsx"})
    assert (role.asked[-1]["format"], role.asked[-1]["maxRows"]) == ("xlsx", 7)
