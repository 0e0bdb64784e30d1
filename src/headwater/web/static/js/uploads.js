// A file is chosen or dropped, and sent in pieces; after a failure it goes on where the server says.
const PIECE = 4 * 1024 * 1024;
const ATTEMPTS = 6;

for (const zone of document.querySelectorAll("[data-upload]")) start(zone);

function start(zone) {
  const input = zone.querySelector("input[type=file]");
  const sending = { zone, input, file: null, id: zone.dataset.uploadId ?? "", stopped: false };
  input.addEventListener("change", () => input.files[0] && begin(sending, input.files[0]));
  for (const name of ["dragover", "dragenter"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.remove("over"));
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) begin(sending, event.dataTransfer.files[0]);
  });
  zone.querySelector("[data-stop]").addEventListener("click", () => {
    sending.stopped = true;
    sending.aborter?.abort();
    again(sending, true);
  });
  zone.querySelector("[data-again]").addEventListener("click", () => send(sending));
}

function again(sending, shown) {
  sending.zone.querySelector("[data-again]").hidden = !shown;
  sending.zone.querySelector("[data-stop]").hidden = shown;
}

function begin(sending, file) {
  sending.file = file;
  sending.zone.querySelector("[data-file]").textContent = file.name;
  sending.zone.querySelector(".sending").hidden = false;
  sending.zone.querySelector(".drop-here").hidden = true;
  send(sending);
}

async function send(sending) {
  const { zone, file } = sending;
  const base = `/api/sources/${zone.dataset.upload}/uploads`;
  sending.stopped = false;
  again(sending, false);
  say(zone, "");
  try {
    let upload = await first(sending, base);
    while (upload.state === "receiving" && !sending.stopped) {
      far(zone, upload.received, upload.size);
      upload = await piece(sending, `${base}/${upload.id}`, upload.received);
    }
    if (sending.stopped) return;
    far(zone, upload.size, upload.size);
    location.href = `/sources/${zone.dataset.upload}/uploads/${upload.id}`;
  } catch (error) {
    if (sending.stopped) return;
    say(zone, error.message);
    again(sending, true);
  }
}

async function first(sending, base) {
  if (sending.id) {
    const known = await called(sending.zone, `${base}/${sending.id}`, {});
    if (known.size !== sending.file.size) throw new Error(sending.zone.dataset.anotherFile);
    return known;
  }
  const made = await called(sending.zone, base, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ file: sending.file.name.slice(-500), size: sending.file.size }),
  });
  sending.id = made.id;
  return made;
}

async function piece(sending, address, offset) {
  for (let attempt = 1; ; attempt += 1) {
    sending.aborter = new AbortController();
    try {
      return await called(sending.zone, `${address}/content?offset=${offset}`, {
        method: "PUT",
        headers: { "Content-Type": "application/octet-stream" },
        body: sending.file.slice(offset, offset + PIECE),
        signal: sending.aborter.signal,
      });
    } catch (error) {
      if (sending.stopped || attempt === ATTEMPTS || (error.status ?? 500) < 409) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** attempt));
      const known = await called(sending.zone, address, {}).catch(() => null);
      if (known && known.received !== offset) return known;
    }
  }
}

async function called(zone, address, options) {
  const answer = await fetch(address, options).catch(() => null);
  if (!answer) throw new Error(zone.dataset.noAnswer);
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body.data.upload;
  const error = new Error(body.message ? `${body.message} ${body.hint ?? ""}`.trim() : zone.dataset.noAnswer);
  error.status = answer.status;
  throw error;
}

function far(zone, received, size) {
  const share = size ? received / size : 1;
  zone.querySelector("progress").value = Math.round(share * 1000);
  zone.querySelector("[data-far]").textContent = `${Math.floor(share * 100)} %`;
}

function say(zone, text) {
  const place = zone.querySelector("[data-wrong]");
  place.textContent = text;
  place.hidden = !text;
}
