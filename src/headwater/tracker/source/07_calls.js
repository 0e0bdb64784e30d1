// The calls of Segment's library: track, page, identify, …

const listeners = {};
const middleware = [];
const OWN_OPTIONS = ['anonymousId', 'integrations', 'messageId', 'timestamp', 'userId', 'context'];

function emit(name, ...details) {
  for (const [listener, isOnce] of listeners[name] || []) {
    if (isOnce) off(name, listener);
    attempt(() => listener(...details));
  }
}

function complain(details) {
  console.warn('Headwater', details);
  emit('error', details);
}

function on(name, listener, isOnce) {
  listeners[name] = [...(listeners[name] || []), [listener, isOnce === true]];
  return api;
}

function off(name, listener) {
  listeners[name] = (listeners[name] || []).filter(([known]) => listener && known !== listener);
  return api;
}

// Calls end in ([object], [options], [callback]); what the snippet buffered has the page behind it.
function endOf(rest) {
  const buffered = rest.find((value) => isObject(value) && value.__t === 'bpc');
  const values = rest.filter((value) => value !== buffered);
  const callback = values.find((value) => typeof value === 'function');
  const [first, second] = values.filter((value) => typeof value !== 'function');
  return { first: first || {}, second: second || {}, callback, buffered };
}

function call(type, fields, { second: given, callback, buffered }, ...details) {
  const now = new Date();
  const page = pageOf(buffered || pageState());
  const event = {
    type,
    userId: user.id() || undefined,
    ...fields(page),
    messageId: given.messageId || `hw-${newId()}`,
    timestamp: attempt(() => new Date(given.timestamp || now).toISOString()) || now.toISOString(),
    context: { ...contextOf(page), ...given.context },
    integrations: { ...options.integrations, ...given.integrations },
  };
  delete event.integrations['Segment.io'];
  for (const key of Object.keys(given)) {
    if (!OWN_OPTIONS.includes(key)) event.context[key] = given[key];
  }
  if (given.anonymousId) event.anonymousId = given.anonymousId;
  if (given.userId) event.userId = given.userId;
  return new Promise((resolve) => {
    passOn(event, 0, (passed) => {
      if (passed) {
        release(passed);
        emit(type, ...details, given);
      } else if (passed === undefined) {
        complain({ type, message: 'is no JSON' });
      }
      if (callback) attempt(() => callback(passed));
      resolve(passed && { event: passed });
    });
  });
}

// Middleware sees the event as `payload.obj`, may change it, and passes it on or drops it.
function passOn(event, at, done) {
  if (!event) return done(null);
  if (at < middleware.length) {
    let isPassed;
    const payload = { obj: event, json: () => event, type: () => event.type };
    const next = (passed) => {
      if (isPassed) return;
      isPassed = true;
      passOn(passed && (passed.obj || passed), at + 1, done);
    };
    try {
      return middleware[at]({ payload, next, integrations: event.integrations });
    } catch {
      return next(payload);
    }
  }
  // A copy as it will be sent: what the page changes later does not reach it.
  const plain = (_, value) => (typeof value === 'bigint' ? `${value}` : value);
  done(attempt(() => JSON.parse(JSON.stringify(event, plain))));
}

function track(name, ...rest) {
  const end = endOf(rest);
  return call('track', () => ({ event: name, properties: end.first }), end, name, end.first);
}

function viewed(type, rest) {
  const names = [];
  while (names.length < 2 && rest.length && (rest[0] == null || typeof rest[0] === 'string')) {
    names.push(rest.shift());
  }
  const end = endOf(rest);
  const [name, category] = names.reverse();
  const fields = (page) => ({
    ...(category && { category }),
    ...(name && { name }),
    properties: { ...(type === 'page' && page), ...end.first },
  });
  return call(type, fields, end, category, name, end.first);
}

function identify(...rest) {
  const id = isObject(rest[0]) || typeof rest[0] === 'function' ? undefined : rest.shift();
  const end = endOf(rest);
  const traits = user.learn(id, end.first);
  return call('identify', () => ({ traits }), end, id, end.first);
}

function groupCall(...rest) {
  if (!rest.length) return group;
  const id = isObject(rest[0]) ? undefined : rest.shift();
  const end = endOf(rest);
  const traits = group.learn(id, end.first);
  return call('group', () => ({ groupId: group.id(), traits }), end, id, traits);
}

function alias(to, ...rest) {
  const from = typeof rest[0] === 'string' ? rest.shift() : user.id() || anonymousId();
  const end = endOf([{}, ...rest]);
  return call('alias', () => ({ userId: textOf(to), previousId: from }), end, to, from);
}

function reset() {
  forget();
  emit('reset');
  return api;
}

// Links and forms, as elements or as a jQuery-like list. The page is not held up: what it could
// not send is sent by the next one.
function listen(action, elements, name, properties) {
  const list = elements && elements.addEventListener ? [elements] : Array.from(elements || []);
  for (const element of list) {
    const resolved = (value) => (typeof value === 'function' ? value(element) : value);
    element.addEventListener(action, () => track(resolved(name), resolved(properties)));
  }
  return api;
}
