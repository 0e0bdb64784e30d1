// Who the visitor is, under the names that Segment's library uses.

const ANONYMOUS_ID = 'ajs_anonymous_id';
const USER_ID = 'ajs_user_id';
const SESSION = 'hw_session';
const IDENTITY = [
  ANONYMOUS_ID,
  USER_ID,
  'ajs_group_id',
  'ajs_user_traits',
  'ajs_group_properties',
  SESSION,
];

function textOf(id) {
  return id == null || id === '' ? null : String(id);
}

function anonymousId(id) {
  if (id !== undefined) write(ANONYMOUS_ID, textOf(id));
  let known = textOf(read(ANONYMOUS_ID));
  if (!known) write(ANONYMOUS_ID, (known = newId()));
  return known;
}

// The visitor and their group: an id, and traits that grow until the id changes.
function known(idName, traitsName) {
  const id = (value) => {
    const before = textOf(read(idName));
    if (value === undefined) return before;
    const wanted = textOf(value);
    // Another person at the same browser gets an anonymousId of their own.
    if (idName === USER_ID && before && wanted && before !== wanted) anonymousId(null);
    write(idName, wanted);
    return wanted;
  };
  const traits = (value) => {
    if (value !== undefined) write(traitsName, value || {});
    const stored = read(traitsName);
    return isObject(stored) ? stored : {};
  };
  const learn = (value, more) => {
    const isSame = !textOf(value) || !id() || id() === textOf(value);
    const all = { ...(isSame && traits()), ...more };
    if (textOf(value)) id(value);
    return traits(all);
  };
  return { id, traits, learn };
}

const user = { ...known(USER_ID, 'ajs_user_traits'), anonymousId };
const group = known('ajs_group_id', 'ajs_group_properties');

function forget() {
  for (const name of IDENTITY) write(name, null, true);
}
