"""Tracking code that is made from a plan: it compiles, and sends what the plan says."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.plans.files import reading
from headwater.plans.generating.generating import generate
from headwater.plans.generating.model import Language
from headwater.plans.generating.names import pascal, snake, words

NODE = Path("tests/flows/node").resolve()
PLAN = """
name: Shop */ plan
identify:
  traits: {email: {type: string, format: email}, age: {type: [integer, "null"]}}
group:
  traits: {name: {type: string}}
  required: [name]
page:
  properties: {path: {type: string}}
screen: {}
common: {properties: {context: {type: object}}}
events:
  Order Completed:
    description: |
      Somebody has paid. "Quotes", \\ and */ do no harm.
      \"""
    version: 3
    properties:
      order_id: {type: string, description: The order's number. */}
      total: {type: number}
      currency: {enum: [CNY, EUR, 'it"s']}
      paid_at: {type: string, format: date-time}
      day: {type: string, format: date}
      coupon: {type: [string, "null"]}
      note: {type: [string, integer]}
      is gift: {type: boolean}
      address: {type: object, properties: {zip-code: {type: string}}, required: [zip-code]}
      items:
        type: array
        items:
          type: object
          properties:
            sku: {type: string}
            quantity: {type: integer}
            tags: {type: array, items: {type: string}}
          required: [sku]
      extra: {type: object}
      anything: {}
    required: [order_id, total, items]
  order_completed: {properties: {class: {type: string}, Class: {type: string}, "": {}, 订单: {}}}
  3D View: {}
  注册: {}
  "class": {}
  "\\U0001F600": {}
  Signed Up:
    versions:
      1: {properties: {plan: {type: string}}}
      2: {properties: {plan: {enum: [free, pro]}}, required: [plan]}
"""

ORDER = {
    "order_id": "o1",
    "total": 9.5,
    "currency": "CNY",
    "day": "2026-01-02",
    "is gift": True,
    "address": {"zip-code": "200000"},
    "items": [{"sku": "a", "quantity": 2, "tags": ["new"]}],
}


def made(folder: Path, language: Language) -> dict[str, str]:
    plan = reading.read(PLAN)
    code = generate(plan.name, plan.rules, language)
    for name, text in code.files.items():
        (folder / name).write_text(text, "utf-8")
    again = generate(plan.name, plan.rules[::-1], language)
    assert again.files == code.files
    return dict(code.files)


def run(*command: str | Path, folder: Path, fails: bool = False) -> str:
    done = subprocess.run(
        [str(each) for each in command], cwd=folder, capture_output=True, text=True, timeout=240
    )
    said = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, said
    return said


PYTHON_USE = """
import json
from datetime import UTC, date, datetime
from typing import Any

from tracking_plan import TrackingPlan


class Recording:
    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def track(self, **members: Any) -> None:
        self.calls.append({"type": "track", **members})

    def identify(self, **members: Any) -> None:
        self.calls.append({"type": "identify", **members})

    group = page = screen = identify


recording = Recording()
plan = TrackingPlan(recording)
plan.order_completed(
    {
        "order_id": "o1",
        "total": 9.5,
        "currency": "CNY",
        "paid_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "is gift": True,
        "address": {"zip-code": "200000"},
        "items": [{"sku": "a", "quantity": 2, "tags": ["new"]}],
    },
    user_id="u1",
    context={"protocols": {"kept": 1}, "ip": "1.2.3.4"},
)
plan.signed_up_v1(anonymous_id="a1")
plan.signed_up({"plan": "pro"}, user_id="u1")
plan.identify({"age": None}, user_id="u1")
plan.group({"name": "Shop"}, group_id="g1", user_id="u1")
plan.page({"path": "/"}, name="Home", user_id="u1")
plan.zhu_ce(user_id="u1")
print(json.dumps(recording.calls, default=str))
"""
PYTHON_WRONG = """
from segment.analytics.client import Client
from tracking_plan import TrackingPlan

plan = TrackingPlan(Client("key"))
plan.order_completed({"order_id": 1, "total": 9.5, "items": []}, user_id="u1")
plan.order_completed({"order_id": "1", "items": []}, user_id="u1")
plan.order_completed({"order_id": "1", "total": 1, "items": [], "currency": "USD"})
plan.order_completed({"order_id": "1", "total": 1, "items": [{}], "surprise": 1})
plan.signed_up(user_id="u1")
"""


def test_python_code_keeps_to_strict_types_and_sends_what_the_plan_says(tmp_path: Path) -> None:
    made(tmp_path, "python")
    (tmp_path / "use.py").write_text(PYTHON_USE)
    (tmp_path / "wrong.py").write_text(PYTHON_WRONG)
    mypy = (sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache")
    mypy = (*mypy, "--config-file", "", "--ignore-missing-imports")
    said = run(*mypy, "use.py", "wrong.py", folder=tmp_path, fails=True)
    assert "use.py:" not in said.replace("wrong.py", "")
    assert "tracking_plan.py:" not in said
    for line, told in ((6, "typeddict-item"), (7, "typeddict-item"), (8, "typeddict-item"),
                       (9, "typeddict"), (10, "call-arg")):  # fmt: skip
        assert any(f"wrong.py:{line}:" in each and told in each for each in said.splitlines()), said

    calls = json.loads(run(sys.executable, "use.py", folder=tmp_path))
    check(calls)
    assert calls[-1]["event"] == "注册"


def check(calls: list[dict[str, Any]]) -> None:
    """What the same calls come to in every language."""
    order, first, second, identify, group, page = calls[:6]
    assert (order["type"], order["event"]) == ("track", "Order Completed")
    paid_at = order["properties"].pop("paid_at")  # milliseconds or none, as the language has it
    assert (paid_at[:19], paid_at[-1]) == ("2026-01-02T03:04:05", "Z")
    assert order["properties"] == ORDER
    assert order["context"] == {"protocols": {"kept": 1, "event_version": 3}, "ip": "1.2.3.4"}
    assert first["context"]["protocols"] == {"event_version": 1}
    assert (second["event"], second["properties"]) == ("Signed Up", {"plan": "pro"})
    assert second["context"]["protocols"] == {"event_version": 2}
    assert identify["traits"] == {"age": None}
    assert group["traits"] == {"name": "Shop"}
    assert page["properties"] == {"path": "/"}


TYPESCRIPT_USE = """
import { Analytics } from "@segment/analytics-node";
import { AnalyticsBrowser } from "@segment/analytics-next";
import { fromBrowser, fromNode, Message, TrackingPlan } from "./tracking-plan.js";

export const server = (analytics: Analytics) => new TrackingPlan(fromNode(analytics));
export const browser = (analytics: AnalyticsBrowser) => new TrackingPlan(fromBrowser(analytics));

const calls: Message[] = [];
const plan = new TrackingPlan((message) => void calls.push(message));
plan.orderCompleted(
  {
    order_id: "o1",
    total: 9.5,
    currency: "CNY",
    paid_at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
    day: "2026-01-02",
    "is gift": true,
    address: { "zip-code": "200000" },
    items: [{ sku: "a", quantity: 2, tags: ["new"] }],
  },
  { userId: "u1", context: { protocols: { kept: 1 }, ip: "1.2.3.4" } },
);
plan.signedUpV1({}, { anonymousId: "a1" });
plan.signedUp({ plan: "pro" }, { userId: "u1" });
plan.identify({ age: null }, { userId: "u1" });
plan.group({ name: "Shop" }, { groupId: "g1", userId: "u1" });
plan.page({ path: "/" }, { name: "Home", userId: "u1" });
plan.zhuCe();

const sent: unknown[][] = [];
const take = (...given: unknown[]) => void sent.push(given);
const page = new TrackingPlan(
  fromBrowser({ track: take, identify: take, group: take, page: take, screen: take }),
);
page.signedUp({ plan: "free" });
page.page({ path: "/" }, { name: "Home" });
console.log(JSON.stringify([calls, sent]));
"""
TYPESCRIPT_WRONG = """
import { TrackingPlan } from "./tracking-plan.js";
declare const plan: TrackingPlan;
plan.orderCompleted({ order_id: 1, total: 9.5, items: [] });
plan.orderCompleted({ order_id: "1", items: [] });
plan.orderCompleted({ order_id: "1", total: 1, items: [], currency: "USD" });
plan.orderCompleted({ order_id: "1", total: 1, items: [], surprise: 1 });
plan.signedUp();
"""


def test_typescript_code_compiles_strictly_and_runs_with_segments_libraries(tmp_path: Path) -> None:
    made(tmp_path, "typescript")
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "use.ts").write_text(TYPESCRIPT_USE)
    (tmp_path / "wrong.ts").write_text(TYPESCRIPT_WRONG)
    settings = {
        "strict": True, "noImplicitOverride": True, "noUncheckedIndexedAccess": True,
        "exactOptionalPropertyTypes": True, "noPropertyAccessFromIndexSignature": True,
        "target": "es2022", "module": "nodenext", "moduleResolution": "nodenext",
        "lib": ["es2022", "dom"], "types": [], "skipLibCheck": True, "outDir": "out",
    }  # fmt: skip
    (tmp_path / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": settings, "include": ["*.ts"]})
    )
    said = run("node", NODE / "node_modules/typescript/bin/tsc", folder=tmp_path, fails=True)
    wrong = [line for line in said.splitlines() if line.startswith(("wrong.ts", "use.ts", "track"))]
    assert [line.partition("(")[0] for line in wrong] == ["wrong.ts"] * 5, said
    assert [line[len("wrong.ts(")] for line in wrong] == ["4", "5", "6", "7", "8"]

    calls, sent = json.loads(run("node", "out/use.js", folder=tmp_path))
    check(calls)
    assert sent[0] == [
        "Signed Up",
        {"plan": "free"},
        {"context": {"protocols": {"event_version": 2}}},
    ]
    assert sent[1][:2] == ["Home", {"path": "/"}]


GO_USE = """package main

import (
	"encoding/json"
	"os"
	"time"

	"example.com/shop/trackingplan"
)

type recording struct{ calls []map[string]any }

func (r *recording) Send(m trackingplan.Message) error {
	call := map[string]any{"type": m.Type, "event": m.Event, "context": m.Context}
	if m.Properties != nil {
		call["properties"] = m.Properties
	}
	if m.Traits != nil {
		call["traits"] = m.Traits
	}
	r.calls = append(r.calls, call)
	return nil
}

func main() {
	r := &recording{}
	plan := trackingplan.New(r)
	user := trackingplan.Options{UserID: "u1"}
	plan.OrderCompleted(trackingplan.OrderCompletedProperties{
		OrderId:  "o1",
		Total:    9.5,
		Currency: trackingplan.Of(trackingplan.OrderCompletedCurrencyCny),
		PaidAt:   trackingplan.Of(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
		Day:      trackingplan.Of("2026-01-02"),
		IsGift:   trackingplan.Of(true),
		Address:  &trackingplan.OrderCompletedAddress{ZipCode: "200000"},
		Items: []trackingplan.OrderCompletedItemsItem{
			{Sku: "a", Quantity: trackingplan.Of(int64(2)), Tags: []string{"new"}},
		},
	}, trackingplan.Options{UserID: "u1", Context: map[string]any{
		"protocols": map[string]any{"kept": 1}, "ip": "1.2.3.4",
	}})
	plan.SignedUpV1(trackingplan.SignedUpV1Properties{}, trackingplan.Options{AnonymousID: "a1"})
	plan.SignedUp(trackingplan.SignedUpProperties{Plan: trackingplan.SignedUpPlanPro}, user)
	plan.Identify(trackingplan.IdentifyTraits{}, user)
	plan.Group(trackingplan.GroupTraits{Name: "Shop"}, trackingplan.Options{GroupID: "g1"})
	plan.Page(trackingplan.PageProperties{Path: trackingplan.Of("/")}, user)
	json.NewEncoder(os.Stdout).Encode(r.calls)
}
"""
GO_WRONG = """package main

import "example.com/shop/trackingplan"

func wrong(plan trackingplan.Plan) {
	plan.OrderCompleted(trackingplan.OrderCompletedProperties{OrderId: 1}, trackingplan.Options{})
}
"""


def test_go_code_is_formatted_compiles_and_sends_what_the_plan_says(tmp_path: Path) -> None:
    go = shutil.which("go")
    assert go, "The tests need go: .ci/need go"
    package = tmp_path / "trackingplan"
    package.mkdir()
    made(package, "go")
    (tmp_path / "go.mod").write_text("module example.com/shop\n\ngo 1.18\n")
    (tmp_path / "main.go").write_text(GO_USE)
    run(go, "vet", "./...", folder=tmp_path)
    assert run(Path(go).parent / "gofmt", "-l", "trackingplan", folder=tmp_path) == ""
    calls = json.loads(run(go, "run", ".", folder=tmp_path))
    calls[3]["traits"]["age"] = None  # Go leaves out what is not set
    check(calls)

    (tmp_path / "wrong.go").write_text(GO_WRONG)
    said = run(go, "build", "./...", folder=tmp_path, fails=True)
    assert "wrong.go:6" in said


@pytest.mark.parametrize("language", ["python", "typescript", "go"])
def test_a_plan_without_rules_makes_code_all_the_same(language: Language) -> None:
    assert generate("Empty", (), language).files


def test_names_are_made_of_words_whatever_is_sent() -> None:
    assert words("Order Completed_v2") == ["order", "completed", "v", "2"]
    assert (snake("iOS App Opened"), pascal("user-signed.up")) == (
        "i_os_app_opened",
        "UserSignedUp",
    )
    assert words("\U0001f600") == ["grinning"] or words("\U0001f600") == []
