// Leads a batch through the handlers. From outside come turns. A turn
// starts code; its promises go on until nothing is left to do; then it is asked what there is. So each event runs alone: while it waits for an answer the next one starts, but
// whatever runs at a moment belongs to one event, which `progress` names.
const AT_ONCE = 100;
const NOBODY = 0xffffffff;
let kind = "insert";
let settings = {};
let handlers = {};
let loading = null;
let batch = null;

const settle = (unit, outcome) => {
  if (unit.isSettled) return;
  unit.isSettled = true;
  unit.batch.waiting.delete(unit);
  let text = outcome;
  if (unit.lines.length) text += `${text && ","}"logs":${wellFormed(stringify(unit.lines))}`;
  const taken = now() - unit.started;
  if (taken) text += `${text && ","}"milliseconds":${taken}`;
  unit.batch.size += text.length;
  unit.batch.results[unit.index] = text ? `{${text}}` : "{}";
};

const fail = (unit, thrown) => settle(unit, wellFormed(members(failure(thrown))));

const finish = (unit, value) => {
  current = unit;
  try {
    if (kind === "source") settle(unit, emitted(unit));
    else if (kind === "insert") settle(unit, inserted(unit, value));
    else settle(unit, unit.batch.isWhole ? statuses(value) : "");
  } catch (thrown) {
    fail(unit, thrown);
  }
};

const missing = (unit, name) => {
  if (kind === "insert") return settle(unit, "");
  settle(unit, members(failing("unsupported", `The function has no handler ${name}.`)));
};

// Calls the handler; what it returns, or NOTHING where there is none.
const NOTHING = {};
const invoke = (unit) => {
  const { forced, isWhole } = unit.batch;
  const event = parse(unit.given);
  const type = forced || isWhole ? "" : event.type;
  const name =
    forced || (kind === "source" ? "onRequest" : Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : `for ${shown(type)}`);
  const handler = handlers[name];
  if (!handler) {
    missing(unit, name);
    return NOTHING;
  }
  if (kind === "source") return handler(new Request(event), settings);
  if (isChanging && !forced) unit.before = noted(event, unit.given);
  return handler(event, settings);
};

const open = (index) => ({
  index,
  batch,
  given: batch.texts[index],
  before: null,
  started: now(),
  lines: [],
  fetches: 0,
  emitted: [],
  size: 0,
  isSettled: false,
});

const isSliceOver = (slice) =>
  batch.next >= batch.texts.length ||
  batch.next - slice.from >= batch.sliceEvents ||
  batch.waiting.size >= batch.atOnce ||
  batch.size > 4e6 ||
  now() - slice.started > limits.slice_ms;

const chain = (slice) => {
  while (slice.batch === batch && batch.chained === null && !isSliceOver(slice)) {
    const unit = open(batch.next++);
    current = unit;
    progress[0] = unit.index;
    try {
      const returned = invoke(unit);
      if (!(returned instanceof PromiseClass)) {
        if (returned !== NOTHING) finish(unit, returned);
        continue;
      }
      batch.chained = unit;
      const goOn = () => {
        if (unit.batch.chained !== unit) return;
        unit.batch.chained = null;
        chain(slice);
      };
      then(
        returned,
        (value) => {
          finish(unit, value);
          goOn();
        },
        (thrown) => {
          fail(unit, thrown);
          goOn();
        },
      );
      return;
    } catch (thrown) {
      batch.chained = null;
      fail(unit, thrown);
    }
  }
  progress[0] = NOBODY; // what still goes on was begun by any of them
};

const host = {
  configure(isFor, limitsText, settingsText) {
    kind = isFor;
    Object.assign(limits, parse(limitsText));
    settings = frozenDeep(parse(settingsText));
    if (kind === "source") globals.Segment = segment();
    freezeAll();
  },

  // The memory that says which event runs.
  progress: () => progress.buffer,

  // Takes the code's handlers; what it holds, or why it does not load, as JSON.
  install(load) {
    loading = { lines: [] };
    let outcome;
    try {
      const found = load();
      for (const name of NAMES) if (typeof found[name] === "function") handlers[name] = found[name];
      outcome = { handlers: Object.keys(handlers) };
    } catch (thrown) {
      outcome = { failed: { ...failure(thrown).failed, kind: "unusable" } };
    }
    outcome.logs = loading.lines;
    loading = null;
    return wellFormed(stringify(outcome));
  },

  // Begins a turn. It is carried out once this has returned: whatever comes of it, nothing is
  // thrown at the embedder, which bears it ill.
  set turn(message) {
    then(SETTLED, () => {
      try {
        LETTERS[message[0]](message.slice(1));
      } catch (thrown) {
        broken = cut(told(thrown).message);
      }
    });
  },

  // What there is after a turn.
  get told() {
    try {
      return broken === null ? collect() : `broken ${broken}`;
    } catch (thrown) {
      return `broken ${cut(told(thrown).message)}`;
    }
  },
};

const SETTLED = PromiseClass.resolve();
let broken = null;

// A turn by its letter: begin a batch, continue it, an answer to a request, a timer is due.
const LETTERS = {
  // The events stand in one JSON array after a line: their number, whether one is settled before
  // the next begins, whether they are given at once, a seed of randomness, a handler's name.
  B(message) {
    const end = message.indexOf("\n");
    const [counted, careful, whole, entropy, forced] = message.slice(0, end).split(" ");
    const count = Number(counted);
    const isWhole = whole === "1";
    seed = Uint8Array.from(entropy.match(/../g), (digits) => parseInt(digits, 16));
    drawn = 0;
    awaited = new Map();
    outbox = [];
    const texts = isWhole
      ? [message.slice(end + 1)]
      : message.slice(end + 2, -1).split(",\n");
    if (texts.length !== count) throw new RangeError(`${texts.length} events, not ${count}`);
    batch = {
      texts,
      isWhole,
      forced,
      results: new Array(count),
      seen: [],
      sent: 0,
      next: 0,
      size: 0,
      waiting: new Set(),
      chained: null,
      atOnce: careful === "1" ? 1 : AT_ONCE,
      sliceEvents: careful === "1" ? 1 : limits.slice_events,
    };
    LETTERS.C();
  },

  C() {
    chain({ batch, from: batch.next, started: now() });
  },

  A(message) {
    const end = message.indexOf("\n");
    wake(Number(message.slice(0, end)), message.slice(end + 1));
  },

  T() {
    const due = [...awaited].filter(([, held]) => held.at !== undefined && held.at <= now());
    due.sort(([, a], [, b]) => a.at - b.at);
    if (due.length) wake(due[0][0]);
  },
};

// What there is by now: a line `results state due requests`, a line for each request, the
// results as one JSON array (its elements end with ",\n"), and what was seen of some events.
const collect = () => {
  current = null;
  if (batch.chained) {
    batch.waiting.add(batch.chained);
    batch.chained = null;
  }
  const isMore = batch.next < batch.texts.length && batch.waiting.size < batch.atOnce;
  if (!isMore && !awaited.size) giveUp("What the handler waits for never comes.", Infinity);
  giveUp(`The event took longer than ${limits.event_ms / 1000} s.`, now() - limits.event_ms);
  const ready = [];
  while (batch.sent < batch.results.length && batch.results[batch.sent] !== undefined) {
    ready.push(batch.results[batch.sent]);
    batch.results[batch.sent++] = null;
  }
  const isDone = batch.sent === batch.texts.length;
  const canGoOn = batch.next < batch.texts.length && batch.waiting.size < batch.atOnce;
  const state = isDone ? "done" : canGoOn ? "more" : "waiting";
  const requests = outbox.splice(0);
  const seen = batch.seen.splice(0).join(",");
  batch.size = 0;
  const head = `${ready.length} ${state} ${dueIn()} ${requests.length}\n`;
  return `${head}${requests.map((each) => each + "\n").join("")}[${ready.join(",\n")}]\n{${seen}}`;
};

const giveUp = (message, before) => {
  for (const unit of [...batch.waiting])
    if (unit.started <= before)
      settle(unit, members({ failed: { kind: "timeout", message, is_retryable: true } }));
};

// Milliseconds until something has to be looked after without an answer: a timer, an event's end.
const dueIn = () => {
  let at = Infinity;
  for (const held of awaited.values()) if (held.at < at) at = held.at;
  for (const unit of batch.waiting) at = Math.min(at, unit.started + limits.event_ms);
  return at === Infinity ? -1 : Math.max(0, at - now());
};

return host;
