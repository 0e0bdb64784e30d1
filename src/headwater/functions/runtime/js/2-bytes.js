// Text and bytes: UTF-8, base64, hexadecimal.
const utf8 = (text) => {
  text = `${text}`.toWellFormed();
  let bytes = new Uint8Array(text.length + 16);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i);
    if (point > 0xffff) i++;
    if (at + 4 > bytes.length) {
      const more = new Uint8Array(bytes.length * 2 + 16);
      more.set(bytes);
      bytes = more;
    }
    if (point < 0x80) bytes[at++] = point;
    else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 63);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 63);
      bytes[at++] = 0x80 | (point & 63);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 63);
      bytes[at++] = 0x80 | ((point >> 6) & 63);
      bytes[at++] = 0x80 | (point & 63);
    }
  }
  return bytes.slice(0, at);
};

// How many bytes follow a leading one, and the least code point that needs so many.
const following = (lead) => {
  if (lead >= 0xc2 && lead <= 0xdf) return [1, lead & 31, 0x80];
  if (lead >= 0xe0 && lead <= 0xef) return [2, lead & 15, 0x800];
  if (lead >= 0xf0 && lead <= 0xf4) return [3, lead & 7, 0x10000];
  return null;
};

const fromUtf8 = (bytes, isFatal) => {
  const parts = [];
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i++];
    if (lead < 0x80) {
      parts.push(fromCharCode(lead));
      continue;
    }
    const form = following(lead);
    let point = form ? form[1] : -1;
    let taken = 0;
    for (; form && taken < form[0] && (bytes[i + taken] & 0xc0) === 0x80; taken++)
      point = (point << 6) | (bytes[i + taken] & 63);
    const isWhole = form && taken === form[0] && point >= form[2] && point <= 0x10ffff;
    if (isWhole && (point < 0xd800 || point > 0xdfff)) {
      i += taken;
      parts.push(String.fromCodePoint(point));
    } else if (isFatal) throw new TypeError("The bytes are not valid UTF-8.");
    else parts.push("\ufffd");
  }
  return parts.join("");
};

const bytesOf = (data) => {
  if (typeof data === "string") return utf8(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new TypeError("A text or bytes are expected.");
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const toBase64 = (bytes) => {
  const parts = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    parts.push(
      ALPHABET[bits >> 18],
      ALPHABET[(bits >> 12) & 63],
      i + 1 < bytes.length ? ALPHABET[(bits >> 6) & 63] : "=",
      i + 2 < bytes.length ? ALPHABET[bits & 63] : "=",
    );
  }
  return parts.join("");
};

const fromBase64 = (text) => {
  const plain = `${text}`.replace(/[\t\n\f\r ]/g, "");
  const bare = plain.length % 4 === 0 ? plain.replace(/={1,2}$/, "") : plain;
  if (bare.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(bare))
    throw new TypeError("The text is not valid base64.");
  const bytes = new Uint8Array((bare.length * 3) >> 2);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < bare.length; i++) {
    bits = ((bits << 6) | ALPHABET.indexOf(bare[i])) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 255;
    }
  }
  return bytes;
};

const toHex = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
  return text;
};

globals.btoa = function btoa(text) {
  const bytes = new Uint8Array((text = `${text}`).length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw new TypeError("btoa takes characters up to U+00FF; encode the text first.");
    bytes[i] = code;
  }
  return toBase64(bytes);
};

globals.atob = function atob(text) {
  const bytes = fromBase64(text);
  const parts = [];
  for (let i = 0; i < bytes.length; i++) parts.push(fromCharCode(bytes[i]));
  return parts.join("");
};

globals.TextEncoder = class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(text = "") {
    return utf8(text);
  }
};

globals.TextDecoder = class TextDecoder {
  #isFatal;
  constructor(label = "utf-8", options = {}) {
    if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label))
      throw new RangeError("TextDecoder knows utf-8 alone.");
    this.#isFatal = Boolean(options?.fatal);
  }
  get encoding() {
    return "utf-8";
  }
  decode(data = new Uint8Array()) {
    const text = fromUtf8(bytesOf(data), this.#isFatal);
    return text.startsWith("\ufeff") ? text.slice(1) : text;
  }
};
