// Times in the visitor's own zone. The browser's zone is kept in a cookie, so that the server
// writes the next page in it already; this page's times are written anew where it did not know.
import { locale } from "./words.js";

const html = document.documentElement;
const zoned = html.dataset.zoneChosen === "yes";
const zone = zoned ? html.dataset.zone : Intl.DateTimeFormat().resolvedOptions().timeZone;

const pad = (number, digits = 2) => String(number).padStart(digits, "0");

function parts(date) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "numeric", day: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(date).map((each) => [each.type, each.value]));
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function written(date, form) {
  const at = parts(date);
  if (form === "ago") return ago(date);
  if (form === "precise") {
    const ms = pad(date.getMilliseconds(), 3);
    return `${at.year}-${pad(at.month)}-${pad(at.day)} ${at.hour}:${at.minute}:${at.second}.${ms}`;
  }
  const day = locale.startsWith("zh")
    ? `${at.year}年${at.month}月${at.day}日`
    : `${at.day} ${months[at.month - 1]} ${at.year}`;
  if (form === "date") return day;
  const minute = `${at.hour}:${at.minute}`;
  const comma = locale.startsWith("zh") ? " " : ", ";
  return day + comma + (form === "short" ? minute : `${minute}:${at.second}`);
}

const steps = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

export function ago(date, now = Date.now()) {
  const seconds = (date.getTime() - now) / 1000;
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
  return format.format(Math.trunc(seconds / size) || -0, unit); // -0 is past, and 0 yet to come
}

export function startTimes(root) {
  if (!zoned && html.dataset.zone !== zone) {
    document.cookie = `headwater_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  }
  for (const element of root.querySelectorAll("time[data-form]")) {
    const date = new Date(element.dateTime);
    element.title = written(date, "medium");
    if (element.dataset.form === "ago" || html.dataset.zone !== zone) {
      element.textContent = written(date, element.dataset.form);
    }
  }
}

setInterval(() => {
  for (const element of document.querySelectorAll('time[data-form="ago"]')) {
    element.textContent = ago(new Date(element.dateTime));
  }
}, 15000);
