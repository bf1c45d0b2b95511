// Marks every open entry of the page at once, or none again.
(() => {
  const button = document.querySelector("[data-mark-all]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const marks = [...document.querySelectorAll(".missed-mark")];
    const isWanted = marks.some((mark) => !mark.checked);
    for (const mark of marks) mark.checked = isWanted;
  });
})();
