// What is known of each call beside itself: the page, the session, the campaign, its number.

const SESSION_MILLISECONDS = 30 * 60 * 1000;
const SEQUENCE = 'hw_sequence';
const CLICK_IDS =
  /^(gclid|gbraid|wbraid|dclid|fbclid|msclkid|ttclid|twclid|li_fat_id|epik|rdt_cid|yclid|bd_vid)$/;

let referrer = document.referrer;

// What the page is like, in the short form in which the snippet buffers it.
function pageState() {
  const canonical = document.querySelector("link[rel='canonical']");
  return {
    c: canonical && canonical.getAttribute('href'),
    p: location.pathname,
    u: location.href,
    s: location.search,
    t: document.title,
    r: referrer,
  };
}

function pageOf({ c, p, u, s, t, r }) {
  const canonical = c && attempt(() => new URL(c, u));
  const [url] = canonical ? [canonical.origin + canonical.pathname + s] : u.split('#');
  return { path: canonical ? canonical.pathname : p, referrer: r, search: s, title: t, url };
}

function campaignIn(search) {
  const campaign = {};
  new URLSearchParams(search).forEach((value, name) => {
    const key = name.toLowerCase();
    if (CLICK_IDS.test(key)) campaign[key] = value;
    else if (/^utm_./.test(key)) campaign[key === 'utm_campaign' ? 'name' : key.slice(4)] = value;
  });
  return campaign;
}

// The session goes on until nothing happened for half an hour; its campaign stays with it.
function sessionAt(now, search) {
  let session = read(SESSION);
  const isNew = !session || !(now - session.last < SESSION_MILLISECONDS);
  if (isNew) session = { id: now };
  const campaign = campaignIn(search);
  if (Object.keys(campaign).length) session.campaign = campaign;
  session.last = now;
  write(SESSION, session);
  return { session, isNew };
}

// Each page load counts its events, and the first event after says how far the page before in
// this tab had counted: what was counted and never arrived is what was lost.
const pageId = newId().slice(0, 13);
let count = 0;
let before;

function readSequence() {
  const [page, number] = (attempt(() => sessionStorage.getItem(SEQUENCE)) || '').split(':');
  if (number && page !== pageId) before = { previousPage: page, previousNumber: +number };
}

function nextSequence() {
  const sequence = { page: pageId, number: ++count, ...before };
  before = undefined;
  if (mayStore) attempt(() => sessionStorage.setItem(SEQUENCE, `${pageId}:${count}`));
  return sequence;
}

function contextOf(page) {
  const { width, height } = window.screen;
  return {
    library: { name: 'headwater.js', version: VERSION },
    locale: navigator.language,
    page,
    screen: { width, height, density: devicePixelRatio },
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userAgent: navigator.userAgent,
  };
}
