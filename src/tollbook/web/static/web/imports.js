// Sends the chosen file in pieces, so that it may be larger than one request, and takes a file that is dropped.
// Without this script the form sends a small file by itself.
(() => {
  const form = document.querySelector("form[data-import]");
  if (!form) return;

  const input = form.elements.file;
  const drop = form.querySelector("[data-drop]");
  const place = form.querySelector("[data-progress]");
  const bar = place.querySelector("progress");
  const said = place.querySelector("[data-said]");
  const button = form.querySelector("button");
  const largest = Number(form.dataset.piece);

  form.querySelector("[data-script-help]").textContent = "Choose a file or drop it here.";

  async function ask(method, path, body) {
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    const answer = await fetch(path, { method, headers, body, credentials: "same-origin" });
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    if (answer.status === 401 || answer.status === 403) {
      throw new Error("You are signed out. Sign in again, then choose the file again");
    }
    const [problem] = told.problems || [];
    throw new Error(problem ? `${problem.what}: ${problem.reason}` : `the server answered ${answer.status}`);
  }

  async function send(file) {
    const words = new URLSearchParams({ pbx: form.dataset.pbx, name: file.name.slice(-255) });
    const { upload } = await ask("POST", `/api/uploads?${words}`);
    for (let start = 0; start < file.size; start += largest) {
      await ask("PUT", `/api/uploads/${upload}`, file.slice(start, start + largest));
      const part = Math.min(100, Math.floor((100 * (start + largest)) / file.size));
      bar.value = part;
      said.textContent = `${part} % sent`;
    }
    await ask("POST", `/api/uploads/${upload}/finish`);
    window.location.assign(form.dataset.next.replace("KEY", upload));
  }

  form.addEventListener("submit", (event) => {
    const [file] = input.files;
    if (!file) return;
    event.preventDefault();
    place.hidden = false;
    button.disabled = true;
    said.textContent = "being sent";
    send(file).catch((fault) => {
      said.textContent = `It could not be sent. ${fault.message}. Nothing was stored.`;
      button.disabled = false;
    });
  });

  // The whole window takes a file: a browser would leave the page for one that is dropped beside the field.
  for (const name of ["dragenter", "dragover"]) {
    window.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  window.addEventListener("dragleave", () => drop.classList.remove("over"));
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
})();
