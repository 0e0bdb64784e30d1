"""A plan's code in TypeScript: interfaces, and a method for each event. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from headwater.plans.generating.model import Call, Shape
from headwater.plans.generating.names import Names, camel, pascal
from headwater.plans.generating.shapes import objects
from headwater.plans.generating.texts import HEAD, comment_lines, quoted

FILE: Final = "tracking-plan.ts"

_PLAIN: Final = {
    "any": "unknown",
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "time": "Date",
    "date": "string",
    "map": "Readonly<Record<string, unknown>>",
}
_TAKEN_TYPES: Final = (
    "Array", "BrowserAnalytics", "Context", "Date", "Message", "NodeAnalytics", "Options",
    "Partial", "PageOptions", "Readonly", "ReadonlyArray", "Record", "Send", "TrackingPlan",
    "Promise", "Object", "String", "Number", "Boolean", "Symbol", "Function", "GroupOptions",
)  # fmt: skip
_TAKEN_METHODS: Final = ("constructor", "prototype", "toString", "valueOf", "send", "sendAs")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_BEGIN: Final = """
export type Context = Readonly<Record<string, unknown>>;

/** What is said of an event beside its properties. Browsers know the ids themselves. */
export interface Options {
  userId?: string;
  anonymousId?: string;
  context?: Context;
  timestamp?: Date;
  messageId?: string;
}

export interface GroupOptions extends Options {
  groupId: string;
}

export interface PageOptions extends Options {
  name?: string;
  category?: string;
}

/** A call as it goes to a library. */
export interface Message extends Options {
  type: "track" | "identify" | "group" | "page" | "screen";
  event?: string;
  name?: string;
  category?: string;
  groupId?: string;
  properties?: object;
  traits?: object;
  context: Context;
}

export type Send = (message: Message) => void;

/** What `@segment/analytics-node` offers. */
export interface NodeAnalytics {
  track(message: any): unknown;
  identify(message: any): unknown;
  group(message: any): unknown;
  page(message: any): unknown;
  screen(message: any): unknown;
}

/** What `@segment/analytics-next`, and the library in a page, offer. */
export interface BrowserAnalytics {
  track(event: string, properties?: any, options?: any): unknown;
  identify(userId?: any, traits?: any, options?: any): unknown;
  group(groupId?: any, traits?: any, options?: any): unknown;
  page(category?: any, name?: any, properties?: any, options?: any): unknown;
  screen(category?: any, name?: any, properties?: any, options?: any): unknown;
}

/** Send with a library on a server. */
export function fromNode(analytics: NodeAnalytics): Send {
  return ({ type, ...message }) => {
    analytics[type](message);
  };
}

/** Send with a library in a browser. */
export function fromBrowser(analytics: BrowserAnalytics): Send {
  return ({ type, event, name, category, groupId, userId, properties, traits, ...options }) => {
    if (type === "track") analytics.track(event ?? "", properties, options);
    else if (type === "identify") {
      if (userId === undefined) analytics.identify(traits, options);
      else analytics.identify(userId, traits, options);
    } else if (type === "group") analytics.group(groupId, traits, options);
    else if (category !== undefined) analytics[type](category, name ?? "", properties, options);
    else if (name !== undefined) analytics[type](name, properties, options);
    else analytics[type](properties, options);
  };
}

function versioned(context: Context | undefined, version: number): Context {
  const protocols = context?.["protocols"];
  const kept = typeof protocols === "object" && protocols !== null ? protocols : {};
  return { ...context, protocols: { ...kept, event_version: version } };
}
"""

_CLASS: Final = """
/** Sends the events of the plan: `new TrackingPlan(fromNode(analytics))`. */
export class TrackingPlan {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }
"""


def code(plan_name: str, calls: Sequence[Call]) -> str:
    """The module of a plan."""
    types = Names(pascal, _TAKEN_TYPES)
    methods = Names(camel, _TAKEN_METHODS)
    named: dict[Shape, str] = {}
    lines = [f"// {HEAD.format(name=' '.join(comment_lines(plan_name)))}", _BEGIN]
    for call in calls:
        for shape in objects(call.body):
            if shape.kind == "object" and shape not in named:
                member = _member(call) if shape is call.body else ""
                named[shape] = types.name((*shape.words, member), "Properties")
                lines += [*_interface(shape, named), ""]
    lines.append(_CLASS.strip("\n"))
    for call in calls:
        name = methods.name([call.words], f"{call.type} event")
        lines += ["", *_method(name, call, named)]
    return "\n".join([*lines, "}", ""])


def _member(call: Call) -> str:
    return "traits" if call.type in ("identify", "group") else "properties"


def _interface(shape: Shape, named: Mapping[Shape, str]) -> Iterator[str]:
    yield f"export interface {named[shape]} {{"
    for field in shape.fields:
        yield from _comment(field.description, "  ")
        key = field.name if _PLAIN_KEY.fullmatch(field.name) else quoted(field.name)
        mark = "" if field.is_required else "?"
        yield f"  {key}{mark}: {_type(field.shape, named)};"
    yield "}"


def _type(shape: Shape, named: Mapping[Shape, str]) -> str:
    if shape.kind == "object":
        found = named[shape]
    elif shape.kind == "enum":
        found = " | ".join(_literal(value) for value in shape.values)
    elif shape.kind == "list":
        assert shape.items is not None
        found = f"ReadonlyArray<{_type(shape.items, named)}>"
    elif shape.kind == "union":
        found = " | ".join(_type(option, named) for option in shape.options)
    else:
        found = _PLAIN[shape.kind]
    return f"{found} | null" if shape.is_nullable and shape.kind != "any" else found


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def _method(name: str, call: Call, named: Mapping[Shape, str]) -> Iterator[str]:
    member = _member(call)
    body = _type(call.body, named)
    options = {"group": "GroupOptions", "page": "PageOptions", "screen": "PageOptions"}
    kind = options.get(call.type, "Options")
    default = "" if call.needs_body or call.type == "group" else " = {}"
    options_default = "" if call.type == "group" else " = {}"
    yield from _comment(call.description, "  ")
    yield f"  {name}({member}: {body}{default}, options: {kind}{options_default}): void {{"
    yield "    this.#send({"
    yield "      ...options,"
    yield f'      type: "{call.type}",'
    if call.type == "track":
        yield f"      event: {quoted(call.event)},"
    yield f"      {member},"
    yield f"      context: versioned(options.context, {call.version}),"
    yield "    });"
    yield "  }"


def _comment(text: str, indent: str) -> Iterator[str]:
    lines = comment_lines(text)
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
    elif lines:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}" for line in lines)
        yield f"{indent} */"
