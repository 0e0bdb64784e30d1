"""The pages of the warehouse: what it holds, what misfits, and its repair."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.access.roles import Role
from headwater.errors import WarehouseError
from headwater.questions import saved
from tests.web.stage import Stage
from tests.web.warehouse_role import NOTHING, WarehouseRole

PAGES = ("/warehouse", "/warehouse/conflicts", "/warehouse/names", "/warehouse/connect")


@pytest.fixture
def role(stage: Stage) -> WarehouseRole:
    role = WarehouseRole()
    stage.context = replace(stage.context, warehouse=role.remote())
    stage.ada = stage.client("token-of-ada")
    return role


@pytest.fixture
def ada(stage: Stage, role: WarehouseRole) -> TestClient:
    return stage.ada


def test_tables_are_listed_with_their_rows_and_age(ada: TestClient) -> None:
    page = ada.get("/warehouse").text
    assert 'href="/warehouse/tables/shop/order_paid"' in page
    assert "/warehouse/tables/shop/screens" not in page
    assert "/warehouse/tables/shop/screens" in ada.get("/warehouse?show=all").text
    assert "/warehouse/tables/shop/screens" in ada.get("/warehouse?q=SCR").text


def test_an_empty_warehouse_says_how_it_fills(ada: TestClient, role: WarehouseRole) -> None:
    role.contents = NOTHING
    for path in PAGES:
        assert ada.get(path).status_code == 200
    assert "Send an event" in ada.get("/warehouse").text
    assert "Every value found its column" in ada.get("/warehouse/conflicts").text


def test_a_table_shows_its_columns_and_a_question(ada: TestClient) -> None:
    page = ada.get("/warehouse/tables/shop/order_paid").text
    assert "33.3%" in page
    assert "FROM%20shop.order_paid" in page
    assert "2 values found no place in total" in page
    assert ada.get("/warehouse/tables/shop/nothing").status_code == 404


def test_a_conflict_leads_to_its_repair_and_shows_values_as_text(ada: TestClient) -> None:
    page = ada.get("/warehouse/conflicts").text
    assert "table=shop.order_paid&amp;column=total&amp;type=text" in page
    assert "secret &lt;b&gt;" in page


def test_a_repair_is_asked_for_done_and_recorded(
    ada: TestClient, role: WarehouseRole, stage: Stage
) -> None:
    asked = ada.get("/warehouse/repair?table=shop.order_paid&column=total&type=text").text
    assert "TRY_CAST(total AS DOUBLE)" in asked
    form = {"table": "shop.order_paid", "column": "total", "type": "text"}
    done = ada.post("/warehouse/repair", data=form)
    assert done.headers["location"] == "/warehouse/tables/shop/order_paid"
    assert (role.repaired["column"], role.repaired["type"]) == ("total", "text")
    with stage.changes.reading() as connection:
        assert list(audit.entries(connection))[-1].action == "Warehouse Column Repaired"


def test_a_repair_that_fails_shows_the_form_again(ada: TestClient, role: WarehouseRole) -> None:
    role.error = WarehouseError("The warehouse failed: out of memory.")
    form = {"table": "shop.order_paid", "column": "total", "type": "text"}
    page = ada.post("/warehouse/repair", data=form)
    assert page.status_code == 500
    assert "out of memory" in page.text
    assert 'name="column" value="total"' in page.text
    missing = ada.get("/warehouse/repair?table=shop.order_paid&column=nothing")
    assert missing.status_code == 404


def test_event_names_are_found(ada: TestClient) -> None:
    assert "订单" in ada.get("/warehouse/names").text
    found = ada.get("/warehouse/names?q=paid").text
    assert "Order Paid" in found
    assert "订单" not in found


def test_saved_queries_have_an_address_for_other_tools(ada: TestClient, stage: Stage) -> None:
    held = saved.create(stage.changes, stage.owner, name="Orders", sql="SELECT 1")
    address = f"http://headwater.test/api/saved-queries/{held.id}/rows?format=csv"
    assert address in ada.get("/warehouse/connect").text


def test_a_member_sees_neither_values_nor_the_repair(stage: Stage, role: WarehouseRole) -> None:
    bob = stage.as_member(Role.WORKSPACE_MEMBER)
    for path in ("/warehouse/conflicts", "/warehouse/tables/shop/order_paid"):
        page = bob.get(path).text
        assert "secret" not in page
        assert "/warehouse/repair" not in page
    form = {"table": "shop.order_paid", "column": "total", "type": "text"}
    assert bob.post("/warehouse/repair", data=form).status_code == 403
    assert role.repaired == {}


def test_a_minimal_user_sees_none_of_it(stage: Stage, role: WarehouseRole) -> None:
    bob = stage.as_member(Role.MINIMAL_USER)
    for path in PAGES:
        assert bob.get(path).status_code == 403
