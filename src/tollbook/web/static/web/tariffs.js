"use strict";
// A fault leads to its line: the line is marked in the text that it is in, and scrolled to.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  const text = link && document.getElementById(link.dataset.text);
  if (!text) {
    return;
  }
  event.preventDefault();
  const lines = text.value.split("\n");
  const line = Number(link.dataset.line);
  const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  text.closest("details")?.setAttribute("open", "");
  text.focus();
  text.setSelectionRange(before, before + (lines[line - 1] ?? "").length);
  text.scrollTop = (text.scrollHeight / lines.length) * Math.max(line - 4, 0);
});
