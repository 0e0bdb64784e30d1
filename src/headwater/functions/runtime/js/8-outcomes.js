// From what a handler returned to what becomes of its event, as the members of a JSON object.
const HANDLERS = {
  track: "onTrack",
  identify: "onIdentify",
  page: "onPage",
  screen: "onScreen",
  group: "onGroup",
  alias: "onAlias",
  delete: "onDelete",
};
const NAMES = ["onRequest", "onBatch", ...Object.values(HANDLERS)];
const MOST_EVENTS = 1000;

const members = (outcome) => stringify(outcome).slice(1, -1);

// JSON.stringify writes half of a surrogate pair as an escape, which is no text elsewhere.
const wellFormed = (text) =>
  /\\ud[89a-f]/.test(text)
    ? text.replace(/\\(?:(ud[89a-f][0-9a-f]{2})|[^])/g, (all, half) => (half ? "\\ufffd" : all))
    : text;

const tooLarge = () => members(failing("output", `An event becomes at most ${limits.output} bytes.`));
const notAnEvent = () => members(failing("output", "A handler returns an event (an object) or nothing."));

// How deep JSON is nested, if it can be deeper than it may: it has as many openings, at least.
const openings = (text, sign) => {
  let count = 0;
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) count++;
  return count;
};

const isTooDeep = (text) => {
  if (openings(text, "{") + openings(text, "[") < limits.depth) return false;
  let depth = 0;
  for (const [sign] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (sign === "{" || sign === "[") depth++;
    else if (sign === "}" || sign === "]") depth--;
    if (depth >= limits.depth) return true;
  }
  return false;
};

const tooDeep = () =>
  members(failing("output", `An event is nested at most ${limits.depth} levels deep.`));

const eventText = (value) => {
  const text = stringify(value);
  return typeof text === "string" && text[0] === "{" ? text : null;
};

const several = (values) => {
  const texts = [];
  let size = 0;
  const count = values.length;
  if (!(count <= MOST_EVENTS)) return members(failing("output", `At most ${MOST_EVENTS} events.`));
  for (let i = 0; i < count; i++) {
    const text = eventText(values[i]);
    if (text === null) return notAnEvent();
    size += text.length;
    if (size > limits.output) return tooLarge();
    if (isTooDeep(text)) return tooDeep();
    texts.push(wellFormed(text));
  }
  return texts.length ? `"events":[${texts.join(",")}]` : '"dropped":""';
};

// Whether an event's JSON is certain to be as JavaScript writes it, by its members: objects at the
// end must stand there word for word, and the others be what JavaScript holds, as texts are.
const isAsGiven = (event, names, held, given) => {
  let end = given.length - 1;
  let i = names.length;
  for (; i > 0; i--) {
    const value = event[names[i - 1]];
    if (value === null || typeof value !== "object") break;
    const text = `"${names[i - 1]}":${held[i - 1]}`;
    if (!given.endsWith(text, end)) return false;
    end -= text.length + 1;
  }
  for (; i > 0; i--) {
    const value = event[names[i - 1]];
    if (typeof value === "number" || (value !== null && typeof value === "object")) return false;
  }
  return true;
};

// What an event was before its handler had it: its names, and for each the text of an object or
// the value itself. `seen` is its JSON as JavaScript writes it, where that is not as it was given:
// numbers that JavaScript cannot hold make a difference where a function makes none.
const noted = (event, given) => {
  const names = Object.keys(event);
  const held = names.map((name) => {
    const value = event[name];
    return value !== null && typeof value === "object" ? stringify(value) : value;
  });
  if (isAsGiven(event, names, held, given)) return { names, held, seen: null };
  const seen = stringify(event);
  return { names, held, seen: seen === given ? null : seen };
};

// Whether the last event was changed. Then the next one is noted before its handler has it; else
// it is enough to compare the JSON of the whole, which is quicker if nothing was changed.
let isChanging = false;

// What an event that was returned became: only the members that are not as they were.
const inserted = (unit, value) => {
  if (value === undefined || value === null) return '"dropped":""';
  if (isArray(value)) return several(value);
  if (typeof value !== "object") return notAnEvent();
  if (typeof value.toJSON === "function") return several([value]);
  if (!unit.before && stringify(value) === unit.given) return "";
  const before = unit.before ?? noted(parse(unit.given), unit.given);
  const changes = changed(before, value);
  isChanging = changes.set.length > 0 || changes.gone.length > 0;
  if (!isChanging) return "";
  const text = changes.set.join(",");
  if (text.length > limits.output) return tooLarge();
  if (isTooDeep(text)) return tooDeep();
  if (before.seen) batch.seen.push(`"${unit.index}":${before.seen}`);
  const gone = changes.gone.length ? `,"gone":${stringify(changes.gone)}` : "";
  return wellFormed(`"patch":{"set":{${text}}${gone}}`);
};

const changed = ({ names, held }, value) => {
  const set = [];
  const here = Object.keys(value);
  let kept = 0;
  for (let i = 0; i < here.length; i++) {
    const name = here[i];
    const member = value[name];
    const at = names[i] === name ? i : names.indexOf(name);
    const isObject = member !== null && typeof member === "object";
    if (at >= 0 && !isObject && member === held[at]) {
      kept++;
      continue;
    }
    const text = stringify(member);
    if (text === undefined) continue;
    if (at >= 0) kept++;
    if (at < 0 || !isObject || text !== held[at]) set.push(`${stringify(name)}:${text}`);
  }
  if (kept === names.length) return { set, gone: [] };
  const gone = names.filter((name) => !Object.hasOwn(value, name) || stringify(value[name]) === undefined);
  return { set, gone };
};

// What a batch handler says of each of its events, if it says it by status codes.
const statuses = (value) => {
  if (!isArray(value)) return "";
  const told = [];
  const count = Math.min(value.length, MOST_EVENTS * 10);
  for (let i = 0; i < count; i++) {
    const status = Number(value[i]?.status);
    const message = value[i]?.errormessage ?? value[i]?.errorMessage ?? "";
    told.push({ status: status >= 100 && status < 600 ? status : 200, message: cut(`${message}`) });
  }
  return `"events":[${told.map((each) => wellFormed(stringify(each))).join(",")}]`;
};

const emitted = (unit) => {
  if (unit.size > limits.output) return tooLarge();
  return `"events":[${unit.emitted.join(",")}]`;
};

const emit = (event) => {
  const unit = current;
  if (!unit) throw new TypeError("Events are made while a request is handled.");
  const text = eventText(event);
  if (text !== null && isTooDeep(text)) throw new RangeError("The event is nested too deep.");
  if (text === null) throw new globals.InvalidEventPayload("An event is an object.");
  if (unit.emitted.length >= MOST_EVENTS)
    throw new RangeError(`A request makes at most ${MOST_EVENTS} events.`);
  unit.size += text.length;
  if (unit.size <= limits.output) unit.emitted.push(wellFormed(text));
};

const segment = () => {
  const made = {};
  for (const type of ["identify", "track", "page", "screen", "group", "alias", "set"])
    made[type] = function (event) {
      if (event === null || typeof event !== "object")
        throw new globals.InvalidEventPayload(`Segment.${type} takes an object.`);
      emit({ ...event, type });
    };
  return made;
};
