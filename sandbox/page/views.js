// The app's Home tab, and the modal on top.

import { drawBlocks, inputValues, keepInputs, showErrors } from "./blocks.js";
import { notePress, surfaceOf, warningAt } from "./surface.js";
import { icon, make, plain } from "./text.js";
import { $, attempt, bot, here, nameOf, post, reader, reasonOf } from "./world.js";

// --- Home --------------------------------------------------------------------------------------------------------

let homeDrawn = "";
let homeOf = "";

export function drawHome(home) {
  const json = JSON.stringify([home, here.user]);
  if (json === homeDrawn) return;
  homeDrawn = json;
  const nothing = () => make("p", { class: "nothing" }, `${nameOf(bot())} has published nothing here.`);
  const surface = surfaceOf($("home"), home?.id, { home: true, user: here.user });
  const drawn = home ? drawBlocks(home.blocks, reader(), surface) : nothing();
  if (homeOf === here.user) keepInputs($("home"), drawn);
  homeOf = here.user;
  $("home").replaceChildren(drawn);
}

// --- Modal -------------------------------------------------------------------------------------------------------

let open = null; // the view shown
let modalDrawn = "";

export function drawModal({ modals }, warnings) {
  const dialog = $("modal");
  open = modals.at(-1) ?? null;
  const json = JSON.stringify([open, here.user]);
  const wasFilled = dialog.open && dialog.dataset.viewId === open?.id;
  if (open && json !== modalDrawn) fill(dialog, open);
  modalDrawn = json;
  if (!open) return dialog.close();
  tell(warningAt(open.id, warnings));
  if (!dialog.open) dialog.showModal();
  if (!wasFilled) dialog.querySelector(".body :is(input, textarea, select)")?.focus();
}

function fill(dialog, view) {
  const surface = surfaceOf(dialog, view.id, { user: here.user });
  const submit = view.submit && make("button", { class: "button primary", "data-submit": true }, plain(view.submit));
  const cross = make("button", { type: "button", class: "close", "data-close": true, "aria-label": "Close" }, "×");
  const close = make("button", { type: "button", class: "button", "data-close": true }, view.close ? plain(view.close) : "Close");
  const form = make("form", { novalidate: true },
    make("header", {}, make("h2", { id: "modal-title" }, plain(view.title)), cross),
    make("div", { class: "body" }, drawBlocks(view.blocks, reader(), surface)),
    make("p", { class: "notice", role: "alert", hidden: true }),
    make("div", { class: "buttons" }, close, submit ?? []));
  if (dialog.dataset.viewId === view.id) keepInputs(dialog, form);
  dialog.dataset.viewId = view.id;
  dialog.replaceChildren(form);
}

function tell(words) {
  const notice = $("modal").querySelector("form > .notice");
  notice.replaceChildren(icon("warning"), words);
  notice.hidden = !words;
}

/** Required inputs that are empty, as Slack's client tells before it sends anything: {block_id: words}. */
function missing(view, values) {
  const empty = (value) => value === null || value === "" || value?.length === 0;
  const left = view.blocks.filter((block) =>
    block.type === "input" && !block.optional && empty(values[block.element.action_id]));
  return Object.fromEntries(left.map((block) => [block.block_id, "Please complete this required field."]));
}

async function submit() {
  const values = inputValues($("modal"), true);
  const errors = missing(open, values);
  showErrors($("modal"), errors);
  if (Object.keys(errors).length) return;
  notePress(open.id);
  tell("");
  const button = $("modal").querySelector("[data-submit]");
  button.disabled = true;
  try {
    const answer = await post("submit", { user: here.user, values });
    showErrors($("modal"), answer.errors ?? {});
    if (answer.errors?.[""]) tell(answer.errors[""]);
  } catch (failure) {
    tell(reasonOf(failure));
  } finally {
    button.disabled = false;
  }
}

const close = () => attempt(() => post("close", { user: here.user }));

export function listenToModal() {
  const dialog = $("modal");
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  dialog.addEventListener("click", ({ target }) => target.closest("[data-close]") && close());
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
}
