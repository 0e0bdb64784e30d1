"""A plan's code in Go: structs, and a method for each event. Pure."""

import keyword
from collections.abc import Iterator, Sequence
from typing import Final

from headwater.plans.generating.model import Call, Field, Shape
from headwater.plans.generating.names import Names, pascal
from headwater.plans.generating.shapes import objects
from headwater.plans.generating.texts import HEAD, comment_lines, quoted

FILE: Final = "tracking_plan.go"
ADAPTER: Final = "segment.go"

_PLAIN: Final = {
    "any": "any",
    "string": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool",
    "time": "time.Time",
    "date": "string",
    "map": "map[string]any",
    "union": "any",
}
_TAKEN: Final = ("Context", "Message", "Options", "Plan", "Sender", "New", "Of", *keyword.kwlist)

_BEGIN: Final = """
// Package trackingplan sends the events of a tracking plan, typed.
package trackingplan

import (
	"encoding/json"
	"time"
)

var _ = json.Marshal

// Message is a call as it goes to a library.
type Message struct {
	Type        string
	Event       string
	Name        string
	Category    string
	UserID      string
	AnonymousID string
	GroupID     string
	MessageID   string
	Timestamp   time.Time
	Properties  map[string]any
	Traits      map[string]any
	Context     map[string]any
}

// Sender is what events are sent with. segment.go has one for analytics-go.
type Sender interface {
	Send(Message) error
}

// Options is what is said of an event beside its properties.
type Options struct {
	UserID      string
	AnonymousID string
	GroupID     string
	Name        string
	Category    string
	MessageID   string
	Timestamp   time.Time
	Context     map[string]any
}

// Plan sends the events of the plan.
type Plan struct {
	sender Sender
}

// New makes a Plan that sends with sender.
func New(sender Sender) Plan {
	return Plan{sender: sender}
}

// Of points to a value: for properties that need not be there.
func Of[T any](value T) *T {
	return &value
}

func message(kind string, version int, options Options) Message {
	context := map[string]any{}
	for key, value := range options.Context {
		context[key] = value
	}
	protocols := map[string]any{}
	if given, ok := context["protocols"].(map[string]any); ok {
		for key, value := range given {
			protocols[key] = value
		}
	}
	protocols["event_version"] = version
	context["protocols"] = protocols
	return Message{
		Type:        kind,
		Name:        options.Name,
		Category:    options.Category,
		UserID:      options.UserID,
		AnonymousID: options.AnonymousID,
		GroupID:     options.GroupID,
		MessageID:   options.MessageID,
		Timestamp:   options.Timestamp,
		Context:     context,
	}
}
"""

ADAPTER_CODE: Final = """
//go:build segment

package trackingplan

import (
	"fmt"

	"github.com/segmentio/analytics-go/v3"
)

// Segment sends with github.com/segmentio/analytics-go/v3. It is built with `-tags segment`, once
// `go get github.com/segmentio/analytics-go/v3` has been run.
type Segment struct {
	Client analytics.Client
}

// Send hands a message to the client.
func (s Segment) Send(m Message) error {
	context := &analytics.Context{Extra: m.Context}
	switch m.Type {
	case "track":
		return s.Client.Enqueue(analytics.Track{MessageId: m.MessageID, UserId: m.UserID,
			AnonymousId: m.AnonymousID, Event: m.Event, Timestamp: m.Timestamp,
			Properties: m.Properties, Context: context})
	case "identify":
		return s.Client.Enqueue(analytics.Identify{MessageId: m.MessageID, UserId: m.UserID,
			AnonymousId: m.AnonymousID, Timestamp: m.Timestamp, Traits: m.Traits, Context: context})
	case "group":
		return s.Client.Enqueue(analytics.Group{MessageId: m.MessageID, UserId: m.UserID,
			AnonymousId: m.AnonymousID, GroupId: m.GroupID, Timestamp: m.Timestamp,
			Traits: m.Traits, Context: context})
	case "page":
		return s.Client.Enqueue(analytics.Page{MessageId: m.MessageID, UserId: m.UserID,
			AnonymousId: m.AnonymousID, Name: m.Name, Timestamp: m.Timestamp,
			Properties: m.Properties, Context: context})
	case "screen":
		return s.Client.Enqueue(analytics.Screen{MessageId: m.MessageID, UserId: m.UserID,
			AnonymousId: m.AnonymousID, Name: m.Name, Timestamp: m.Timestamp,
			Properties: m.Properties, Context: context})
	}
	return fmt.Errorf("analytics-go has no call %q", m.Type)
}
"""


class _Go:
    """The names that types were given, and their fields'."""

    def __init__(self) -> None:
        self.types = Names(pascal, _TAKEN)
        self.named: dict[Shape, str] = {}

    def type(self, shape: Shape) -> str:
        """The type of a value, without regard to its absence."""
        if shape.kind in ("object", "enum"):
            return self.named.get(shape, "any")
        if shape.kind == "list":
            assert shape.items is not None
            return f"[]{self.held(shape.items)}"
        return _PLAIN[shape.kind]

    def held(self, shape: Shape, is_required: bool = True) -> str:
        """The type of a field: what may be absent or null is a pointer, or can be nil itself."""
        found = self.type(shape)
        can_be_nil = found.startswith(("[]", "map[")) or found == "any"
        return found if can_be_nil or (is_required and not shape.is_nullable) else f"*{found}"


def code(plan_name: str, calls: Sequence[Call]) -> str:
    """The package of a plan, in one file."""
    go = _Go()
    methods = Names(pascal, ("Send",))
    lines = [f"// {HEAD.format(name=' '.join(comment_lines(plan_name)))}", _BEGIN.rstrip("\n")]
    for call in calls:
        for shape in objects(call.body):
            if shape in go.named or not _has_type(shape):
                continue
            member = _member(call) if shape is call.body else ""
            go.named[shape] = go.types.name((*shape.words, member), "Properties")
            made = _struct(shape, go) if shape.kind == "object" else _enumeration(shape, go)
            lines += ["", *made]
    for call in calls:
        name = methods.name([call.words], f"{call.type} event")
        lines += ["", *_method(name, call, go)]
    return "\n".join([*lines, ""])


def adapter(plan_name: str) -> str:
    """The file that sends with analytics-go."""
    head = HEAD.format(name=" ".join(comment_lines(plan_name)))
    return f"// {head}\n{ADAPTER_CODE}"


def _has_type(shape: Shape) -> bool:
    return shape.kind == "object" or all(isinstance(value, str) for value in shape.values)


def _member(call: Call) -> str:
    return "traits" if call.type in ("identify", "group") else "properties"


def _enumeration(shape: Shape, go: _Go) -> Iterator[str]:
    name = go.named[shape]
    yield f"// {name} is one of the values below."
    yield f"type {name} string"
    yield ""
    yield "const ("
    for number, value in enumerate(shape.values):
        if number:
            yield ""  # lines that stand alone need no alignment
        constant = go.types.name((name, value), f"{name} value")
        yield f"\t{constant} {name} = {quoted(value)}"
    yield ")"


def _struct(shape: Shape, go: _Go) -> Iterator[str]:
    name = go.named[shape]
    fields = Names(pascal)
    named = [(fields.name([field.name], "Field"), field) for field in shape.fields]
    yield f"// {name} is an object of the plan."
    yield f"type {name} struct {{"
    for number, (own, field) in enumerate(named):
        if number:
            yield ""
        yield from (f"\t// {line}" for line in comment_lines(field.description))
        yield f"\t{own} {go.held(field.shape, field.is_required)}"
    yield "}"
    yield ""
    yield f"func (v {name}) plain() map[string]any {{"
    yield "\tm := map[string]any{}"
    for own, field in named:
        yield from (f"\t{line}" for line in _put(own, field, go))
    yield "\treturn m"
    yield "}"
    yield ""
    yield "// MarshalJSON has the properties by the names that they are sent by."
    yield f"func (v {name}) MarshalJSON() ([]byte, error) {{"
    yield "\treturn json.Marshal(v.plain())"
    yield "}"


def _put(own: str, field: Field, go: _Go) -> Iterator[str]:
    """The lines that put a field into the map: what is absent is left out, or null."""
    held = go.held(field.shape, field.is_required)
    put = f"m[{quoted(field.name)}] ="
    is_pointer = held.startswith("*")
    can_be_nil = is_pointer or held.startswith(("[]", "map[")) or held == "any"
    if can_be_nil and not field.is_required:
        yield f"if v.{own} != nil {{"
        yield f"\t{put} {'*' if is_pointer else ''}v.{own}"
        yield "}"
        return
    yield f"{put} v.{own}"
    if held.startswith(("[]", "map[")) and not field.shape.is_nullable:
        yield f"if v.{own} == nil {{"
        yield f"\t{put} {held}{{}}"
        yield "}"


def _method(name: str, call: Call, go: _Go) -> Iterator[str]:
    member = _member(call)
    for line in comment_lines(f"{name} sends {call.event or call.type}. {call.description}"):
        yield f"// {line}"
    yield (f"func (p Plan) {name}({member} {go.type(call.body)}, options Options) error {{")
    yield f'\tm := message("{call.type}", {call.version}, options)'
    if call.type == "track":
        yield f"\tm.Event = {quoted(call.event)}"
    plain = f"{member}.plain()" if call.body.kind == "object" else member
    yield f"\tm.{member.capitalize()} = {plain}"
    yield "\treturn p.sender.Send(m)"
    yield "}"
