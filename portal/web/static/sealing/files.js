// The files that a reporter picks: one after the other or several at once, cleaned when they are picked.
import { chineseSize, element, fill, part, root, row, say, words } from "./page.js";
import { cleanPicture, pictureKind } from "./pictures.js";
import { LARGEST_FILE } from "./sealing.js";

const EXTENSION = /\.([A-Za-z0-9]{1,5})$/;
const TYPE = /^[a-z]+\/[a-z0-9.+-]{1,100}$/;

async function read(file) {
  if (file.size > LARGEST_FILE) throw new RangeError("file-too-big");
  const held = new Uint8Array(await file.arrayBuffer());
  if (held.length === 0) throw new RangeError("file-empty");
  const kind = pictureKind(held);
  const data = cleanPicture(held);
  const [, ending = "bin"] = file.name.match(EXTENSION) || [];
  return {
    label: file.name,
    cleaned: kind !== null,
    data,
    type: TYPE.test(file.type) ? file.type : "application/octet-stream",
    extension: kind || ending.toLowerCase(),
  };
}

function reasonOf(error, file) {
  const values = { name: file.name, size: chineseSize(file.size), most: chineseSize(LARGEST_FILE) };
  if (error instanceof RangeError) return words(error.message, values);
  const named = { BrokenPicture: "file-broken", UncleanablePicture: "file-uncleanable" };
  return words(named[error.name] || "file-unreadable", values);
}

/**
 * Watches the input named `files` inside `form`; parts: `chosen` (list of rows `chosen`), `file-problem`.
 * `most` tells how many files there may be. Returns {list(), waiting(), settled(), clear()}: list() are {label, data, type, extension, cleaned}; waiting() tells
 * whether files are still being read, settled() waits for them and tells whether all of them were taken.
 */
export function picker(form, most) {
  const input = form.elements.files;
  const kept = [];
  let waiting = 0;
  let taken = Promise.resolve(true);

  function shownRow(file) {
    const shown = row("chosen");
    part("file-name", shown).textContent = file.label;
    part("file-note", shown).textContent = words(file.cleaned ? "file-cleaned" : "file-as-is", {
      size: chineseSize(file.data.length),
    });
    const remove = part("file-remove", shown);
    remove.setAttribute("aria-label", words("file-remove", { name: file.label }));
    remove.addEventListener("click", () => {
      kept.splice(kept.indexOf(file), 1);
      draw();
      input.focus();
    });
    return shown;
  }

  function draw() {
    fill(part("chosen", form), kept.map(shownRow));
  }

  async function take(picked) {
    const problems = [];
    for (const file of picked) {
      if (kept.length >= most()) {
        problems.push(words("file-too-many", { most: most() }));
        break;
      }
      try {
        kept.push(await read(file));
      } catch (error) {
        problems.push(reasonOf(error, file));
      }
      draw();
    }
    say(part("file-problem", form), problems.join(" "));
    return problems.length === 0;
  }

  input.addEventListener("change", () => {
    const picked = [...input.files];
    input.value = "";
    const before = waiting > 0 ? taken : true;
    waiting += 1;
    const now = take(picked).finally(() => { waiting -= 1; });
    taken = Promise.all([before, now]).then((every) => every.every(Boolean));
  });

  return {
    list: () => [...kept],
    waiting: () => waiting > 0,
    settled: () => (waiting > 0 ? taken : Promise.resolve(true)),
    clear() {
      kept.length = 0;
      draw();
    },
  };
}

/** Rows of a list with nothing but texts. */
export function textRows(texts) {
  return texts.map((text) => element("li", text));
}

// Nothing may be dropped onto the page by mistake: the browser would open the file instead of the form.
for (const name of ["dragover", "drop"]) root.addEventListener(name, (event) => event.preventDefault());
