// The sandbox's page: a small Slack in which one acts as anybody. It talks only to the control API.

import { drawMessages, forgetMessages } from "./messages.js";
import { icon, make } from "./text.js";
import { drawHome, drawModal, listenToModal } from "./views.js";
import {
  $, APP, attempt, bot, channel, channelId, get, go, here, learn, nameOf, person, post, readHash, trouble,
  visibleChannels, world,
} from "./world.js";

const WAIT = 20; // seconds one look for changes may last

// --- Following the server ----------------------------------------------------------------------------------------

async function refresh() {
  await learn();
  readHash();
  const asked = JSON.stringify(here);
  const [messages, ephemerals, warnings, views] = await Promise.all([
    channelId() ? get("messages", { channel: channelId() }) : [],
    get("ephemerals", { user: here.user }),
    get("warnings", { user: here.user }),
    get("views", { user: here.user }),
  ]);
  if (asked !== JSON.stringify(here)) return; // somewhere else meanwhile: that draws itself
  drawFrame();
  if (onHome()) drawHome(views.home);
  else drawMessages({ messages, ephemerals, warnings });
  drawModal(views, warnings);
}

async function follow() {
  let version = null;
  for (;;) {
    try {
      const { version: now } = await get("changes", version === null ? {} : { since: version, wait: WAIT });
      if (version === null) await arrive();
      else if (now !== version) await refresh();
      if (version === null) trouble("");
      version = now;
    } catch {
      version = null;
      trouble("The sandbox does not answer. Is it still running? This page tries again every second.");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** Draws a place from nothing: at the start, and whenever the address changes. */
async function arrive() {
  await learn();
  readHash();
  here.thread = "";
  $("sidebar").classList.remove("open");
  $("menu").setAttribute("aria-expanded", "false");
  forgetMessages();
  if (here.channel === APP) await post("home", { user: here.user, tab: here.tab });
  await refresh();
  $("log").scrollTop = $("log").scrollHeight;
}

// --- The frame ---------------------------------------------------------------------------------------------------

const onHome = () => here.channel === APP && here.tab === "home";

function drawFrame() {
  drawPeople();
  drawPlaces();
  drawTop();
  drawComposer();
  $("home").hidden = !onHome();
  $("log").hidden = onHome();
}

/** Replaces the children only if that changes anything, so that focus stays where it is. */
function keep(parent, children) {
  const next = parent.cloneNode(false);
  next.append(...children);
  if (!next.isEqualNode(parent)) parent.replaceChildren(...next.childNodes);
}

function roleOf(user) {
  if (user.deleted) return "deactivated";
  if (user.is_bot) return "app";
  if (user.is_admin) return "admin";
  if (user.is_restricted || user.is_ultra_restricted) return "guest";
  return user.team_id === world.team.id ? "" : "another workspace";
}

function drawPeople() {
  const options = world.users.map((user) => {
    const role = roleOf(user);
    const says = !role || role === nameOf(user).toLowerCase();
    const words = says ? nameOf(user) : `${nameOf(user)} (${role})`;
    return make("option", { value: user.id, disabled: user.deleted }, words);
  });
  keep($("user"), options);
  $("user").value = here.user;
}

function placeNode(id, mark, name, member, more = []) {
  const button = make("button", { type: "button", "data-go": id, class: member ? "" : "away" },
    icon(mark), name, more);
  if (id === here.channel) button.setAttribute("aria-current", "page");
  return make("li", {}, button);
}

const markOf = (found) => (found.is_archived ? "archive" : found.is_private ? "lock" : "hash");

function drawPlaces() {
  $("team").textContent = world.team.name;
  keep($("channels"), visibleChannels().map((found) =>
    placeNode(found.id, markOf(found), found.name, found.members.includes(here.user))));
  const away = world.num_connections || world.over_http ? [] : [make("small", {}, "not connected")];
  keep($("apps"), [placeNode(APP, "app", nameOf(bot()), true, away)]);
}

function drawTop() {
  const found = here.channel === APP ? null : channel(here.channel);
  const topic = found && [`${found.members.length} members`, found.topic.value].filter(Boolean).join(" · ");
  const name = found?.name ?? nameOf(bot());
  keep($("title"), [icon(found ? markOf(found) : "app"), name]);
  $("topic").textContent = topic ?? "App";
  $("tabs").hidden = Boolean(found);
  for (const tab of $("tabs").children) tab.setAttribute("aria-selected", String(tab.dataset.tab === here.tab));
  document.title = `${name} – ${world.team.name}`;
}

// --- Writing -----------------------------------------------------------------------------------------------------

function whyClosed(found, where) {
  if (found.is_archived) return `${where} is archived.`;
  return found.members.includes(here.user) ? "" : `${nameOf(person(here.user))} is not a member of ${where}.`;
}

function drawComposer() {
  const found = channel(channelId());
  $("composer").hidden = onHome() || !found;
  if (!found) return;
  const where = here.channel === APP ? nameOf(bot()) : `#${found.name}`;
  const closed = whyClosed(found, where);
  $("composer").classList.toggle("closed", Boolean(closed));
  for (const part of $("composer").querySelectorAll("label, textarea, .tools")) part.hidden = Boolean(closed);
  $("composer-label").textContent = `Message ${where}`;
  $("composer-text").placeholder = `Message ${where}`;
  $("mention").textContent = `@${nameOf(bot())}`;
  $("mention").hidden = here.channel === APP;
  $("replying").hidden = !closed && !here.thread;
  $("replying-to").textContent = closed || "Replying in a thread.";
  $("stop-replying").hidden = Boolean(closed);
}

function reply(thread) {
  here.thread = thread;
  drawComposer();
  $("composer-text").focus();
}

/** As Slack's client sends it: names become mentions, < > & become entities. */
function asSent(text) {
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
    .replace(/&lt;(@[UW]\w+|#[CDG]\w+)&gt;/g, "<$1>");
  return [...world.users]
    .sort((one, other) => nameOf(other).length - nameOf(one).length)
    .reduce((sent, user) => sent.replaceAll(`@${nameOf(user)}`, `<@${user.id}>`), escaped)
    .replace(/(?<!<)@(channel|here|everyone)\b/g, "<!$1>");
}

async function send() {
  const text = $("composer-text").value.trim();
  if (!text) return;
  const place = { channel: channelId(), user: here.user };
  const [command, ...words] = text.split(" ");
  const deed = command.startsWith("/")
    ? () => post("command", { ...place, command, text: words.join(" ") })
    : () => post("message", { ...place, text: asSent(text), ...(here.thread && { thread_ts: here.thread }) });
  if (await attempt(deed)) $("composer-text").value = "";
}

function mentionBot() {
  const field = $("composer-text");
  field.setRangeText(`@${nameOf(bot())} `, field.selectionStart, field.selectionEnd, "end");
  field.focus();
}

// --- Listening ---------------------------------------------------------------------------------------------------

function listenToPlaces() {
  window.addEventListener("hashchange", () => attempt(arrive));
  $("user").addEventListener("change", () => go({ user: $("user").value }));
  $("menu").addEventListener("click", () => {
    $("menu").setAttribute("aria-expanded", String($("sidebar").classList.toggle("open")));
  });
  document.addEventListener("click", ({ target }) => {
    const { go: to, tab, thread } = target.closest("[data-go], [data-tab], [data-thread]")?.dataset ?? {};
    if (to) go({ channel: to });
    if (tab) go({ tab });
    if (thread) reply(thread);
  });
}

function listenToComposer() {
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  $("composer-text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  $("mention").addEventListener("click", mentionBot);
  $("stop-replying").addEventListener("click", () => reply(""));
}

listenToPlaces();
listenToComposer();
listenToModal();
follow();
