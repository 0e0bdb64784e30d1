// Texts that scripts show, in the page's language: the page carries them as data.
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export function word(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export const locale = document.documentElement.lang;
