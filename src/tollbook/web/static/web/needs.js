// Hides the settings that mean nothing with what is chosen now. Without this script all are there, each with a note.
(() => {
  const form = document.querySelector("form[data-has-needs]");
  if (!form) return;

  function applies(field) {
    const needed = form.elements[field.dataset.needs];
    const above = needed.closest("[data-needs]");
    return field.dataset.values.split(" ").includes(needed.value) && (!above || applies(above));
  }

  function show() {
    for (const field of form.querySelectorAll("[data-needs]")) {
      field.hidden = !applies(field) && !field.classList.contains("wrong");
    }
  }

  form.classList.add("shows-needed");
  form.addEventListener("change", show);
  show();
})();
