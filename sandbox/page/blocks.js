// Block Kit as Slack draws it: blocks, and the buttons, menus and inputs in them.
//
// A surface is where blocks stand: {press(element, value), enter(element)}; it is told what a person does.

import { link, make, plain, plainWords, richText, textObject } from "./text.js";

const values = new WeakMap(); // drawn input -> function that reads its value, as the control API takes it

let lastId = 0;
const newId = () => `input-${(lastId += 1)}`;

// --- Elements ----------------------------------------------------------------------------------------------------

function labelled(element, node, value) {
  node.dataset.actionId = element.action_id;
  if (value) {
    node.dataset.input = "";
    values.set(node, value);
  }
  return node;
}

/** Asks first if the element has a confirm dialog. */
async function press(element, surface, value) {
  if (element.confirm && !(await surface.confirm(element.confirm))) return false;
  surface.press(element, value);
  return true;
}

function button(element, { surface }) {
  const look = ["button", element.style].filter(Boolean).join(" ");
  const shared = { class: look, "aria-label": element.accessibility_label };
  const opens = element.url && link(element.url, plain(element.text));
  const node = opens?.href ? opens : make("button", { type: "button" }, plain(element.text));
  for (const [name, value] of Object.entries(shared)) if (value) node.setAttribute(name, value);
  node.addEventListener("click", () => press(element, surface));
  return labelled(element, node);
}

function optionNode(option, chosen) {
  return make("option", { value: option.value, selected: chosen === option.value }, plainWords(option.text));
}

function choices(element, reader) {
  const option = ([value, text]) => ({ value, text: { type: "plain_text", text, emoji: false } });
  const people = () => reader.people().map(option);
  const channels = () => reader.channels().map(([id, name]) => option([id, `#${name}`]));
  const kind = element.type.replace("multi_", "");
  const own = { users_select: people, channels_select: channels, conversations_select: channels }[kind];
  const grouped = (element.option_groups ?? []).flatMap((group) => group.options);
  return own ? own() : [...(element.options ?? []), ...grouped];
}

function initial(element) {
  return element.initial_option?.value ?? element.initial_user ?? element.initial_channel
    ?? element.initial_conversation;
}

function select(element, { surface, reader, name }) {
  const chosen = initial(element);
  const words = element.placeholder ? plainWords(element.placeholder) : "Select an option";
  const empty = make("option", { value: "", hidden: true, disabled: true, selected: chosen === undefined }, words);
  const groups = (element.option_groups ?? []).map((group) =>
    make("optgroup", { label: plainWords(group.label) }, group.options.map((option) => optionNode(option, chosen))));
  const options = groups.length ? groups : choices(element, reader).map((option) => optionNode(option, chosen));
  const node = make("select", { "aria-label": name ?? words }, empty, options);
  let before = node.value;
  node.addEventListener("change", async () => {
    if (await press(element, surface, node.value)) before = node.value;
    else node.value = before;
  });
  labelled(element, node, () => node.value || null);
  return make("span", { class: "select" }, node);
}

/** One box to tick; `group` makes it a radio button. */
function tick(option, type, group, checked, reader) {
  const box = make("input", { type, value: option.value, name: group, checked });
  const more = option.description && make("div", { class: "hint" }, textObject(option.description, reader));
  return make("label", { class: "tick" }, box, make("div", {}, textObject(option.text, reader), more ?? []));
}

function ticks(element, { surface, reader, name }) {
  const one = element.type === "radio_buttons";
  const first = [element.initial_option, ...(element.initial_options ?? [])].filter(Boolean).map((o) => o.value);
  const also = ["users", "channels", "conversations"].flatMap((kind) => element[`initial_${kind}`] ?? []);
  const group = newId();
  const boxes = choices(element, reader).map((option) =>
    tick(option, one ? "radio" : "checkbox", group, [...first, ...also].includes(option.value), reader));
  const node = make("div", { class: "ticks", role: one ? "radiogroup" : "group", "aria-label": name }, boxes);
  const chosen = () => [...node.querySelectorAll("input:checked")].map((box) => box.value);
  const value = () => (one ? (chosen()[0] ?? null) : chosen());
  node.addEventListener("change", () => press(element, surface, value()));
  return labelled(element, node, value);
}

/** Several of a long list: the boxes fold away behind what is chosen. */
function multiSelect(element, place) {
  const boxes = ticks(element, place);
  const words = element.placeholder ? plainWords(element.placeholder) : "Select options";
  const labels = new Map(choices(element, place.reader).map((option) => [option.value, plainWords(option.text)]));
  const summary = make("summary", { class: "folded" });
  const tell = () => {
    const names = [...boxes.querySelectorAll("input:checked")].map((box) => labels.get(box.value));
    summary.textContent = names.length ? names.join(", ") : words;
  };
  boxes.addEventListener("change", tell);
  const node = folding(make("details", { class: "multi" }, summary, boxes));
  queueMicrotask(tell);
  return node;
}

/** Opens into view; closes on Escape, and when the person goes on elsewhere. */
function folding(details) {
  details.addEventListener("toggle", () => {
    if (details.open) details.lastElementChild.scrollIntoView({ block: "nearest" });
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary").focus();
    event.preventDefault();
  });
  return details;
}

function foldOthers(target) {
  for (const details of document.querySelectorAll("details[open]")) {
    if (!details.contains(target)) details.open = false;
  }
}

// After the click, not at mousedown: what is clicked must not move under the pointer.
document.addEventListener("click", ({ target }) => foldOthers(target));
document.addEventListener("keyup", ({ key, target }) => key === "Tab" && foldOthers(target));

function overflow(element, { surface }) {
  const items = element.options.map((option) => {
    const item = make("button", { type: "button" }, plain(option.text));
    item.addEventListener("click", () => {
      node.open = false;
      press(element, surface, option.value);
    });
    return item;
  });
  const summary = make("summary", { class: "button", "aria-label": "More actions" }, "⋯");
  const node = folding(make("details", { class: "overflow" }, summary, make("div", { class: "menu" }, items)));
  return labelled(element, node);
}

function zoned(element, { reader }) {
  const stamp = element.initial_date_time;
  return stamp ? reader.localInput(stamp) : undefined;
}

const FIELDS = {
  datepicker: (element) => ({ type: "date", value: element.initial_date }),
  timepicker: (element) => ({ type: "time", value: element.initial_time }),
  datetimepicker: (element, place) => ({ type: "datetime-local", value: zoned(element, place) }),
  email_text_input: (element) => ({ type: "email", value: element.initial_value }),
  url_text_input: (element) => ({ type: "url", value: element.initial_value }),
  number_input: (element) => ({
    type: "number", value: element.initial_value, min: element.min_value, max: element.max_value,
    step: element.is_decimal_allowed ? "any" : "1",
  }),
  plain_text_input: (element) => ({ type: "text", value: element.initial_value }),
};

function field(element, place) {
  const shared = {
    "aria-label": place.name, placeholder: element.placeholder?.text,
    minlength: element.min_length, maxlength: element.max_length,
  };
  const node = element.multiline
    ? make("textarea", { ...shared, rows: 3 }, element.initial_value ?? "")
    : make("input", { ...shared, ...FIELDS[element.type](element, place) });
  const read = element.type === "datetimepicker" ? (text) => place.reader.fromLocalInput(text) : (text) => text;
  const value = () => (node.value ? read(node.value) : null);
  if (element.type.endsWith("picker")) node.addEventListener("change", () => press(element, place.surface, value()));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !element.multiline) place.surface.enter(element, event);
  });
  return labelled(element, node, value);
}

function richInput(element, { name }) {
  const node = make("textarea", { "aria-label": name, rows: 3, placeholder: element.placeholder?.text });
  return labelled(element, node, () => node.value && {
    type: "rich_text",
    elements: [{ type: "rich_text_section", elements: [{ type: "text", text: node.value }] }],
  });
}

/** An image is shown by its words: the page asks no other host for anything. */
function image(element) {
  return make("span", { class: "picture", role: "img", "aria-label": element.alt_text }, element.alt_text);
}

const ELEMENTS = {
  button, workflow_button: button, overflow, image,
  static_select: select, external_select: select, users_select: select,
  channels_select: select, conversations_select: select,
  multi_static_select: multiSelect, multi_external_select: multiSelect, multi_users_select: multiSelect,
  multi_channels_select: multiSelect, multi_conversations_select: multiSelect,
  checkboxes: ticks, radio_buttons: ticks, rich_text_input: richInput,
  ...Object.fromEntries(Object.keys(FIELDS).map((type) => [type, field])),
};

function drawElement(element, place) {
  const unknown = () => make("span", { class: "unknown" }, `Slack draws a “${element.type}” here.`);
  return (ELEMENTS[element.type] ?? unknown)(element, place);
}

// --- Blocks ------------------------------------------------------------------------------------------------------

function section(block, place) {
  const words = make("div", { class: "words" });
  if (block.text) words.append(textObject(block.text, place.reader));
  if (block.fields) {
    const fields = block.fields.map((object) => make("div", { class: "field" }, textObject(object, place.reader)));
    words.append(make("div", { class: "fields" }, fields));
  }
  const name = block.text?.text;
  const accessory = block.accessory && drawElement(block.accessory, { ...place, name });
  return [words, accessory ? make("div", { class: "accessory" }, accessory) : []].flat();
}

function context(block, { reader }) {
  return block.elements.map((element) => (element.type === "image" ? image(element) : textObject(element, reader)));
}

function inputBlock(block, place) {
  const id = newId();
  const label = make("div", { class: "label", id: `${id}-label` }, plain(block.label));
  if (block.optional) label.append(make("span", { class: "optional" }, " (optional)"));
  const hint = block.hint && make("div", { class: "hint", id: `${id}-hint` }, plain(block.hint));
  const surface = block.dispatch_action ? place.surface : { ...place.surface, press() {} };
  const drawn = drawElement(block.element, { ...place, surface, name: block.label.text });
  const control = drawn.matches("[data-input]") ? drawn : (drawn.querySelector("[data-input]") ?? drawn);
  control.setAttribute("aria-describedby", [hint?.id, `${id}-error`].filter(Boolean).join(" "));
  if (!block.optional) control.setAttribute("aria-required", "true");
  const error = make("div", { class: "error", id: `${id}-error`, role: "alert" });
  return [label, drawn, hint ?? [], error].flat();
}

function table(block, { reader }) {
  const cell = (object) => make("td", {}, object.type === "rich_text" ? richText(object, reader) : object.text);
  return make("table", {}, make("tbody", {}, block.rows.map((row) => make("tr", {}, row.map(cell)))));
}

function picture(block) {
  return make("figure", {}, block.title ? make("figcaption", {}, plain(block.title)) : [], image(block));
}

const BLOCKS = {
  section, context, table, input: inputBlock, image: picture,
  header: (block) => make("h3", {}, plain(block.text)),
  divider: () => make("hr"),
  actions: (block, place) => block.elements.map((element) => drawElement(element, place)),
  rich_text: (block, { reader }) => richText(block, reader),
  markdown: (block) => make("div", { class: "plain" }, block.text),
};

function drawBlock(block, place) {
  const unknown = () => make("span", { class: "unknown" }, `Slack draws a “${block.type}” block here.`);
  const inside = (BLOCKS[block.type] ?? unknown)(block, place);
  return make("div", { class: `block ${block.type}`, "data-block-id": block.block_id }, [inside].flat());
}

/** All blocks of a message or view, in order. */
export function drawBlocks(blocks, reader, surface) {
  return make("div", { class: "blocks" }, blocks.map((block) => drawBlock(block, { reader, surface })));
}

/** What the inputs under `root` hold now: {action_id: value}, empty ones only if asked for. */
export function inputValues(root, withEmpty) {
  const inputs = [...root.querySelectorAll("[data-input]")];
  const held = inputs.map((node) => [node.dataset.actionId, values.get(node)() || null]);
  return Object.fromEntries(held.filter(([, value]) => withEmpty || (value !== null && value.length !== 0)));
}

const isTick = (control) => ["checkbox", "radio"].includes(control.type);

function touched(control) {
  if (control.options) return [...control.options].some((option) => option.selected !== option.defaultSelected);
  return isTick(control) ? control.checked !== control.defaultChecked : control.value !== control.defaultValue;
}

function controls(root) {
  return [...root.querySelectorAll("[data-block-id] :is(input, textarea, select)")].map((control) => {
    const { blockId } = control.closest("[data-block-id]").dataset;
    const { actionId } = control.closest("[data-action-id]").dataset;
    return [JSON.stringify([blockId, actionId, isTick(control) && control.value]), control];
  });
}

/** Blocks were drawn again: what a person had typed or chosen stays where block_id and action_id stayed. */
export function keepInputs(before, after) {
  const kept = new Map(controls(before).filter(([, control]) => touched(control)));
  for (const [key, control] of controls(after)) {
    const was = kept.get(key);
    if (!was || (control.options && ![...control.options].some((option) => option.value === was.value))) continue;
    if (isTick(control)) control.checked = was.checked;
    else control.value = was.value;
  }
}

/** Shows {block_id: words} at the fields, clears the others, and puts the focus on the first. */
export function showErrors(root, errors) {
  for (const box of root.querySelectorAll(".block.input")) {
    const words = errors[box.dataset.blockId] ?? "";
    box.querySelector(".error").textContent = words;
    box.classList.toggle("wrong", Boolean(words));
    const control = box.querySelector("[data-input]");
    if (words) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
  }
  root.querySelector(".wrong :is(input, textarea, select)")?.focus();
}

/** The words of a confirm dialog, drawn into a <dialog>; resolves to what the person chose. */
export function confirmIn(dialog, confirm, reader) {
  const yes = make("button", { class: `button ${confirm.style ?? "primary"}`, value: "yes" }, plain(confirm.confirm));
  const no = make("button", { class: "button", value: "" }, plain(confirm.deny));
  const buttons = make("div", { class: "buttons" }, no, yes);
  const title = make("h2", {}, plain(confirm.title));
  const form = make("form", { method: "dialog" }, title, textObject(confirm.text, reader), buttons);
  dialog.replaceChildren(form);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
