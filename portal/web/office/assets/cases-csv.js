// Tables as CSV, made in the browser and saved there: UTF-8 with a byte order mark, as the office's own.

// A cell that a spreadsheet would take for a formula is made a text.
function cell(value) {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Have the browser save rows of cells under a name. */
export function save(name, rows) {
  const text = `\uFEFF${rows.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
