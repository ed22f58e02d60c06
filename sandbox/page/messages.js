// The messages of a channel: drawn once each, and again only when their JSON changes.

import { drawBlocks, keepInputs } from "./blocks.js";
import { surfaceOf, warningAt } from "./surface.js";
import { dayOf, formatDate, icon, make, mrkdwn, timeOf } from "./text.js";
import { $, bot, channelId, here, nameOf, person, reader, zone } from "./world.js";

const drawn = new Map(); // key -> {json, node}

export function forgetMessages() {
  drawn.clear();
  $("log").replaceChildren();
}

export function drawMessages({ messages, ephemerals, warnings }) {
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const focused = document.activeElement;
  const message = focused.closest(".message");
  const list = listed(messages, ephemerals);
  place(log, (list.length ? list : [{ nothing: true }]).map(nodeOf));
  for (const node of log.querySelectorAll(".message")) warn(node, warningAt(node.dataset.ts, warnings));
  if (message && !log.contains(focused)) refocus(message.dataset.ts, focused.dataset.actionId);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** Messages, each with its replies after it, and a line where a new day begins. */
function listed(messages, ephemerals) {
  const own = ephemerals.filter((message) => message.channel === channelId());
  const all = [...messages, ...own.map((message) => ({ ...message, ephemeral: true }))]
    .sort((one, other) => Number(one.ts) - Number(other.ts))
    .map((message) => ({ ...message, reply: Boolean(message.thread_ts) && message.thread_ts !== message.ts }));
  const repliesTo = (message) => all.filter((reply) => reply.reply && reply.thread_ts === message.ts);
  return withDays(all.filter((message) => !message.reply).flatMap((message) => [message, ...repliesTo(message)]));
}

function withDays(list) {
  let last = "";
  return list.flatMap((message) => {
    const day = dayOf(Number(message.ts), zone());
    if (day === last || message.reply) return [message];
    last = day;
    const words = formatDate(Number(message.ts), "{date_long_pretty}", zone());
    return [{ day, words: words[0].toUpperCase() + words.slice(1) }, message];
  });
}

/** Puts the nodes in this order and touches none that stands right already. */
function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}

/** A message was redrawn under the focus: keep it on the same control, or on the message. */
function refocus(ts, actionId) {
  const message = $("log").querySelector(`.message[data-ts="${ts}"]`);
  const control = actionId && message?.querySelector(`[data-action-id="${CSS.escape(actionId)}"]`);
  (control || message)?.focus();
}

function nodeOf(entry) {
  const key = entry.day ?? (entry.nothing ? "nothing" : `${entry.ts} ${entry.ephemeral}`);
  const json = JSON.stringify(entry);
  const before = drawn.get(key);
  if (before?.json === json) return before.node;
  const node = freshNode(entry);
  if (before) keepInputs(before.node, node);
  drawn.set(key, { json, node });
  return node;
}

/** A warning comes and goes without drawing the message again, so that nobody's choice in a menu is lost. */
function warn(node, words) {
  const notice = node.querySelector(".notice");
  if (notice.hidden === !words) return;
  notice.hidden = !words;
  notice.replaceChildren(icon("warning"), words);
}

function freshNode(entry) {
  if (entry.nothing) return make("p", { class: "nothing" }, "Nothing has been said here yet.");
  if (entry.day) return make("div", { class: "day" }, entry.words);
  return messageNode(entry);
}

function author(message) {
  const user = person(message.user);
  const name = message.username ?? (user ? nameOf(user) : (message.bot_profile?.name ?? "Somebody"));
  return { name, app: Boolean(message.bot_id ?? user?.is_bot), ours: message.user === bot().id };
}

function avatar({ name, app, ours }) {
  if (ours) return make("img", { class: "avatar", src: "/page/icon.svg", alt: "" });
  const initials = name.split(/\s+/).map((word) => [...word][0]).join("").slice(0, 2).toUpperCase();
  const tint = app ? "app" : [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  return make("div", { class: `avatar tint-${tint}`, "aria-hidden": "true" }, initials);
}

function head(from, seconds) {
  const exact = formatDate(seconds, "{date_long} at {time_secs}", zone());
  const iso = new Date(seconds * 1000).toISOString();
  return make("div", { class: "who" },
    make("span", { class: "name" }, from.name),
    from.app ? make("span", { class: "badge" }, "APP") : [],
    make("time", { class: "when", title: exact, datetime: iso }, timeOf(seconds, zone())));
}

function messageNode(message) {
  const from = author(message);
  const flags = { app: from.app, reply: message.reply, ephemeral: message.ephemeral };
  const kinds = ["message", ...Object.keys(flags).filter((flag) => flags[flag])];
  const node = make("article", {
    class: kinds.join(" "), tabindex: "-1", "data-ts": message.ts, "data-channel": channelId(),
    "aria-label": `${from.name}, ${timeOf(Number(message.ts), zone())}`,
  });
  const said = make("div", { class: "said" }, head(from, Number(message.ts)), content(message, node));
  said.append(make("p", { class: "notice", role: "alert", hidden: true }));
  if (message.ephemeral) node.append(make("p", { class: "only" }, icon("eye"), "Only visible to you"));
  node.append(avatar(from), said);
  if (!message.ephemeral) node.append(threadButton(message.thread_ts ?? message.ts));
  return node;
}

function threadButton(ts) {
  return make("button", { type: "button", class: "thread-button", "data-thread": ts }, "Reply in thread");
}

function content(message, node) {
  const surface = surfaceOf(node, message.ts, { channel: channelId(), ts: message.ts, user: here.user });
  const words = ({ blocks, text, fallback }) =>
    blocks?.length ? drawBlocks(blocks, reader(), surface) : mrkdwn(text || fallback || "", reader());
  const attached = (message.attachments ?? []).map((found) => make("div", { class: "attachment" }, words(found)));
  const edited = message.edited ? [make("span", { class: "edited" }, "(edited)")] : [];
  return [words(message), ...attached, ...edited];
}
