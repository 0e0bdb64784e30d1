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
    texts.push(wellFormed(text));
  }
  return texts.length ? `"events":[${texts.join(",")}]` : '"dropped":""';
};

// What an event that was returned became. One that is the same JSON as it was given is left as it
// is. Numbers that JavaScript cannot hold make a difference where a function made none: then the
// event as JavaScript saw it at first goes along, so that what was not touched can be restored.
const inserted = (unit, value) => {
  if (value === undefined || value === null) return '"dropped":""';
  if (isArray(value)) return several(value);
  const text = eventText(value);
  if (text === null) return notAnEvent();
  const { given } = unit;
  if (text === given) return "";
  if (text.length > limits.output) return tooLarge();
  const seen = stringify(parse(given));
  if (text === seen) return "";
  if (seen !== given) batch.seen.push(`"${unit.index}":${seen}`);
  return `"events":[${wellFormed(text)}]`;
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
