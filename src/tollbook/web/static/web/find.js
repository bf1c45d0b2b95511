// Narrows a list down while its search field is typed in. Without this script the field's button does it.
(() => {
  const field = document.querySelector("input[data-finds]");
  if (!field) return;
  const list = document.getElementById(field.dataset.finds);
  const told = document.getElementById(field.getAttribute("aria-describedby"));

  const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

  function narrow() {
    const words = field.value.split(/\s+/).map(plain);
    let count = 0;
    for (const group of list.querySelectorAll("[data-group]")) {
      let some = 0;
      for (const item of group.querySelectorAll("[data-words]")) {
        item.hidden = !words.every((word) => item.dataset.words.includes(word));
        some += !item.hidden;
      }
      group.hidden = !some;
      count += some;
    }
    told.textContent = field.value.trim() ? `${count} ${count === 1 ? "format" : "formats"}` : "";
  }

  field.addEventListener("input", narrow);
  narrow();
})();
