// Take the place of the snippet's stub, make its calls, and follow the page.

const trackLink = (...rest) => listen('click', ...rest);
const trackForm = (...rest) => listen('submit', ...rest);
const nothing = () => api;

// The stub itself becomes the library, so that whoever holds it holds the library. What it offers
// and this library has not does nothing.
const OTHERS = ['addDestinationMiddleware', 'debug', 'load', 'timeout'];
for (const name of OTHERS.concat(stub.methods || [])) stub[name] = nothing;
const api = Object.assign(stub, {
  VERSION,
  initialized: true,
  invoked: true,
  track,
  page: (...rest) => viewed('page', rest),
  screen: (...rest) => viewed('screen', rest),
  identify,
  group: groupCall,
  alias,
  reset,
  on,
  off,
  once: (name, listener) => on(name, listener, true),
  ready: (act) => (attempt(act), Promise.resolve(api)),
  user: () => user,
  setAnonymousId: anonymousId,
  consent: decide,
  addSourceMiddleware: (...added) => (middleware.push(...added), Promise.resolve(api)),
  trackLink,
  trackClick: trackLink,
  trackForm,
  trackSubmit: trackForm,
  flush,
  push: ([name, ...rest]) => attempt(() => api[name](...rest)),
});

// What has a say in later calls goes before them.
const FIRST = /^(addSourceMiddleware|on|once|off|setAnonymousId|consent)$/;

function start() {
  const calls = Array.from(stub);
  stub.length = 0;
  window[globalName] = api;
  startConsent();
  watchPage();
  for (const isFirst of [true, false]) {
    for (const made of calls) if (FIRST.test(made[0]) === isFirst) api.push(made);
  }
  if (options.page) api.page();
  if (options.singlePage) followHistory();
  if (options.autocapture) attempt(loadAutocapture);
  emit('ready');
}

// Single-page applications: another path is another page, and was reached from the one before.
function followHistory() {
  const here = () => location.pathname + location.search;
  let [url] = location.href.split('#');
  let seen = here();
  const moved = () =>
    setTimeout(() => {
      if (here() === seen) return;
      seen = here();
      referrer = url;
      [url] = location.href.split('#');
      api.page();
    });
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name];
    history[name] = function (...rest) {
      original.apply(this, rest);
      moved();
    };
  }
  addEventListener('popstate', moved);
}

function loadAutocapture() {
  const more = document.createElement('script');
  more.src = `${base}/analytics.js/v1/${encodeURIComponent(writeKey)}/autocapture.min.js`;
  more.integrity = 'AUTOCAPTURE_INTEGRITY';
  more.crossOrigin = 'anonymous';
  more.nonce = script && script.nonce;
  more.dataset.capture = options.autocapture === true ? '' : options.autocapture;
  more.dataset.name = globalName;
  document.head.append(more);
}

start();
