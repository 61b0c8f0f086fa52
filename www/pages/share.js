/** @file Handing things to the visitor: text to the clipboard, a file to the disk. */

/** @param {string} text @returns {Promise<boolean>} false if the browser does not allow it */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** @param {import("../protocol.d.ts").ExportedFile} file */
export function saveFile({ name, mime, bytes }) {
  const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the data once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
