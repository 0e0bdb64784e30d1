// MD5, SHA-1, SHA-256, SHA-512 and HMAC over them. Constants are computed, as their standards
// define them: from sines, and from the fractions of roots of primes.
const primes = [];
for (let n = 2; primes.length < 80; n++) if (primes.every((prime) => n % prime)) primes.push(n);

// The first 64 bits of the fraction of a prime's root, exactly.
const fraction = (prime, degree) => {
  const target = BigInt(prime) << BigInt(64 * degree);
  let low = 0n;
  let high = 1n << 72n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** BigInt(degree) <= target) low = middle;
    else high = middle - 1n;
  }
  const bits = low & 0xffffffffffffffffn;
  return [Number(bits >> 32n), Number(bits & 0xffffffffn)];
};
const SQUARE = primes.slice(0, 8).map((prime) => fraction(prime, 2));
const CUBE = primes.map((prime) => fraction(prime, 3));
const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
const TURNS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const K256 = new Int32Array(CUBE.slice(0, 64).map(([high]) => high));
const K512 = new Int32Array(CUBE.flat());

const padded = (bytes, block, isLittle) => {
  const length = block === 128 ? 16 : 8;
  const whole = new Uint8Array(Math.ceil((bytes.length + 1 + length) / block) * block);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  const view = new DataView(whole.buffer);
  const low = (bytes.length << 3) >>> 0;
  const high = Math.floor(bytes.length / 2 ** 29);
  view.setUint32(whole.length - (isLittle ? 8 : 4), low, isLittle);
  view.setUint32(whole.length - (isLittle ? 4 : 8), high, isLittle);
  return view;
};

const written = (words, isLittle) => {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  for (let i = 0; i < words.length; i++) view.setInt32(i * 4, words[i], isLittle);
  return new Uint8Array(view.buffer);
};

const left = (word, by) => (word << by) | (word >>> (32 - by));

const md5 = (bytes) => {
  const view = padded(bytes, 64, true);
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let start = 0; start < view.byteLength; start += 64) {
    let [a, b, c, d] = state;
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      let mixed;
      let word;
      if (round === 0) [mixed, word] = [(b & c) | (~b & d), i];
      else if (round === 1) [mixed, word] = [(d & b) | (~d & c), (5 * i + 1) & 15];
      else if (round === 2) [mixed, word] = [b ^ c ^ d, (3 * i + 5) & 15];
      else [mixed, word] = [c ^ (b | ~d), (7 * i) & 15];
      const sum = (a + mixed + SINES[i] + view.getInt32(start + word * 4, true)) | 0;
      a = d;
      d = c;
      c = b;
      b = (b + left(sum, TURNS[round * 4 + (i & 3)])) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
  }
  return written(state, true);
};

const sha1 = (bytes) => {
  const view = padded(bytes, 64, false);
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const words = new Int32Array(80);
  for (let start = 0; start < view.byteLength; start += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(start + i * 4);
    for (let i = 16; i < 80; i++)
      words[i] = left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    let [a, b, c, d, e] = state;
    for (let i = 0; i < 80; i++) {
      let mixed;
      if (i < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
      else if (i < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
      else if (i < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
      else mixed = (b ^ c ^ d) + 0xca62c1d6;
      const sum = (left(a, 5) + mixed + e + words[i]) | 0;
      e = d;
      d = c;
      c = left(b, 30);
      b = a;
      a = sum;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
  }
  return written(state, false);
};

const right = (word, by) => (word >>> by) | (word << (32 - by));

const sha256 = (bytes) => {
  const view = padded(bytes, 64, false);
  const state = new Int32Array(SQUARE.map(([high]) => high));
  const w = new Int32Array(64);
  for (let start = 0; start < view.byteLength; start += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(start + i * 4);
    for (let i = 16; i < 64; i++) {
      const s0 = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K256[i] + w[i]) | 0;
      const s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    const next = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i++) state[i] += next[i];
  }
  return written(state, false);
};

// Of 64 bits, as two words: turned right by less than 32, and by 32 more.
const turnedHigh = (high, low, by) => (high >>> by) | (low << (32 - by));

const sha512 = (bytes) => {
  const view = padded(bytes, 128, false);
  const state = new Int32Array(SQUARE.flat());
  const w = new Int32Array(160);
  for (let start = 0; start < view.byteLength; start += 128) {
    for (let i = 0; i < 32; i++) w[i] = view.getInt32(start + i * 4);
    for (let i = 32; i < 160; i += 2) {
      const [ah, al, bh, bl] = [w[i - 30], w[i - 29], w[i - 4], w[i - 3]];
      const s0h = turnedHigh(ah, al, 1) ^ turnedHigh(ah, al, 8) ^ (ah >>> 7);
      const s0l = turnedHigh(al, ah, 1) ^ turnedHigh(al, ah, 8) ^ turnedHigh(al, ah, 7);
      const s1h = turnedHigh(bh, bl, 19) ^ turnedHigh(bl, bh, 29) ^ (bh >>> 6);
      const s1l = turnedHigh(bl, bh, 19) ^ turnedHigh(bh, bl, 29) ^ turnedHigh(bl, bh, 6);
      const low = (w[i - 31] >>> 0) + (s0l >>> 0) + (w[i - 13] >>> 0) + (s1l >>> 0);
      w[i] = w[i - 32] + s0h + w[i - 14] + s1h + Math.floor(low / 2 ** 32);
      w[i + 1] = low;
    }
    const v = Int32Array.from(state);
    for (let i = 0; i < 160; i += 2) {
      const [ah, al, bh, bl, ch, cl] = v;
      const [eh, el, fh, fl, gh, gl] = v.subarray(8);
      const s1h = turnedHigh(eh, el, 14) ^ turnedHigh(eh, el, 18) ^ turnedHigh(el, eh, 9);
      const s1l = turnedHigh(el, eh, 14) ^ turnedHigh(el, eh, 18) ^ turnedHigh(eh, el, 9);
      const t1 =
        (v[15] >>> 0) + (s1l >>> 0) + (((el & fl) ^ (~el & gl)) >>> 0) +
        (K512[i + 1] >>> 0) + (w[i + 1] >>> 0);
      const t1l = t1 | 0;
      const t1h =
        (v[14] + s1h + ((eh & fh) ^ (~eh & gh)) + K512[i] + w[i] + Math.floor(t1 / 2 ** 32)) | 0;
      const s0h = turnedHigh(ah, al, 28) ^ turnedHigh(al, ah, 2) ^ turnedHigh(al, ah, 7);
      const s0l = turnedHigh(al, ah, 28) ^ turnedHigh(ah, al, 2) ^ turnedHigh(ah, al, 7);
      const t2 = (s0l >>> 0) + (((al & bl) ^ (al & cl) ^ (bl & cl)) >>> 0);
      const t2h = (s0h + ((ah & bh) ^ (ah & ch) ^ (bh & ch)) + Math.floor(t2 / 2 ** 32)) | 0;
      const e = (v[7] >>> 0) + (t1l >>> 0);
      const a = (t1l >>> 0) + ((t2 | 0) >>> 0);
      const dh = v[6];
      v.copyWithin(2, 0, 14);
      v[8] = dh + t1h + Math.floor(e / 2 ** 32);
      v[9] = e;
      v[0] = t1h + t2h + Math.floor(a / 2 ** 32);
      v[1] = a;
    }
    for (let i = 0; i < 16; i += 2) {
      const low = (state[i + 1] >>> 0) + (v[i + 1] >>> 0);
      state[i] += v[i] + Math.floor(low / 2 ** 32);
      state[i + 1] = low;
    }
  }
  return written(state, false);
};

const HASHES = { md5: [md5, 64], sha1: [sha1, 64], sha256: [sha256, 64], sha512: [sha512, 128] };

const joined = (pieces) => {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};

const hmac = ([hash, block], key, bytes) => {
  const short = key.length > block ? hash(key) : key;
  const filled = (fill) => {
    const pad = new Uint8Array(block).fill(fill);
    for (let i = 0; i < short.length; i++) pad[i] ^= short[i];
    return pad;
  };
  return hash(joined([filled(0x5c), hash(joined([filled(0x36), bytes]))]));
};

const encoded = (bytes, encoding) => {
  if (encoding === undefined || encoding === "buffer") return bytes;
  if (encoding === "hex") return toHex(bytes);
  if (encoding === "base64") return toBase64(bytes);
  if (encoding === "base64url")
    return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  throw new TypeError("A digest is given as hex, base64 or base64url.");
};

const hashNamed = (name) => {
  const found = HASHES[`${name}`.toLowerCase().replace("-", "")];
  if (!found) throw new TypeError("crypto knows md5, sha1, sha256 and sha512.");
  return found;
};

class Digest {
  #finish;
  #pieces = [];
  constructor(finish) {
    this.#finish = finish;
  }
  update(data) {
    this.#pieces.push(bytesOf(data));
    return this;
  }
  digest(encoding) {
    return encoded(this.#finish(joined(this.#pieces)), encoding);
  }
}

// Random bytes: SHA-256 over a seed from outside and a counter.
let seed = new Uint8Array(32);
let drawn = 0;
const randomBytes = (count) => {
  if (!(count >= 0 && count <= 65536)) throw new RangeError("At most 65536 random bytes at once.");
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 32) {
    const block = sha256(joined([seed, utf8(`${drawn++}`)]));
    bytes.set(block.subarray(0, Math.min(32, count - at)), at);
  }
  return bytes;
};

globals.crypto = {
  createHash(name) {
    const [hash] = hashNamed(name);
    return new Digest(hash);
  },
  createHmac(name, key) {
    const hash = hashNamed(name);
    const secret = bytesOf(key);
    return new Digest((bytes) => hmac(hash, secret, bytes));
  },
  randomBytes(count) {
    return randomBytes(Number(count));
  },
  getRandomValues(array) {
    const bytes = bytesOf(array);
    bytes.set(randomBytes(bytes.length));
    return array;
  },
  randomUUID() {
    const bytes = randomBytes(16);
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  },
};
