// Text as Slack draws it: mrkdwn, rich text, mentions, emoji, dates in the reader's time zone.
//
// Every outside string ends in a text node or in textContent; nothing here ever parses HTML.

const EMOJI = {
  "+1": "👍", "-1": "👎", alarm_clock: "⏰", arrow_right: "➡️", bell: "🔔", bulb: "💡", bust_in_silhouette: "👤",
  busts_in_silhouette: "👥", calendar: "📅", clipboard: "📋", clock1: "🕐", closed_lock_with_key: "🔐",
  computer: "💻", desktop_computer: "🖥️", double_vertical_bar: "⏸️", eyes: "👀", file_folder: "📁", fire: "🔥",
  gear: "⚙️", grey_question: "❔", hand: "✋", heavy_check_mark: "✔️", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", inbox_tray: "📥", information_source: "ℹ️", key: "🔑", large_blue_circle: "🔵",
  large_green_circle: "🟢", large_orange_circle: "🟠", large_yellow_circle: "🟡",
  leftwards_arrow_with_hook: "↩️", link: "🔗", lock: "🔒", mag: "🔍", memo: "📝", no_entry: "⛔",
  no_entry_sign: "🚫", ok_hand: "👌", page_facing_up: "📄", point_right: "👉", pray: "🙏", question: "❓",
  raised_hands: "🙌", red_circle: "🔴", robot_face: "🤖", rocket: "🚀", rotating_light: "🚨", shield: "🛡️",
  slightly_smiling_face: "🙂", smile: "😄", sos: "🆘", speech_balloon: "💬", stopwatch: "⏱️", tada: "🎉",
  thumbsdown: "👎", thumbsup: "👍", unlock: "🔓", warning: "⚠️", wave: "👋", white_check_mark: "✅",
  white_circle: "⚪", wrench: "🔧", x: "❌", zap: "⚡", zzz: "💤",
};

/** An element with attributes, and children which are nodes or strings (strings become text nodes). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat());
  return element;
}

const ICONS = {
  hash: "M6.5 2 5 14M11 2 9.5 14M2.5 5.5h11.5M2 10.5h11.5",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  archive: "M2.5 3h11v3h-11zM3.5 6v7.5h9V6M6.5 8.5h3",
  eye: "M1.5 8s2.5-4 6.5-4 6.5 4 6.5 4-2.5 4-6.5 4-6.5-4-6.5-4zM8 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z",
  app: "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.6v.4",
};

/** A small drawing beside words that say the same. */
export function icon(name) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A link, if the address is http or https; otherwise its words as text. */
export function link(address, label) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!["http:", "https:"].includes(url?.protocol)) return make("span", {}, label);
  return make("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, label);
}

// --- Dates -------------------------------------------------------------------------------------------------------

function parts(seconds, zone, options) {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, ...options });
  return Object.fromEntries(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]));
}

function ordinal(day) {
  const tens = Math.floor((day % 100) / 10);
  return day + (tens === 1 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th");
}

/** The day in a zone as YYYY-MM-DD. */
export function dayOf(seconds, zone) {
  const { year, month, day } = parts(seconds, zone, { year: "numeric", month: "2-digit", day: "2-digit" });
  return `${year}-${month}-${day}`;
}

/** The time of day in a zone, such as 6:39 PM. */
export function timeOf(seconds, zone, withSeconds = false) {
  const options = { hour: "numeric", minute: "2-digit", ...(withSeconds && { second: "2-digit" }) };
  return new Intl.DateTimeFormat("en-US", { timeZone: zone, ...options }).format(seconds * 1000);
}

function longDay(seconds, zone, weekday) {
  const { month, day, year, ...rest } = parts(seconds, zone, {
    month: "long", day: "numeric", year: "numeric", ...(weekday && { weekday: "long" }),
  });
  return `${weekday ? `${rest.weekday}, ` : ""}${month} ${ordinal(Number(day))}, ${year}`;
}

function shortDay(seconds, zone) {
  return new Intl.DateTimeFormat("en-US", { timeZone: zone, month: "short", day: "numeric", year: "numeric" })
    .format(seconds * 1000);
}

/** "today", "yesterday", "tomorrow", or the words given. */
export function prettyDay(seconds, zone, words) {
  const now = Date.now() / 1000;
  const near = { today: 0, yesterday: -86400, tomorrow: 86400 };
  const match = Object.entries(near).find(([, shift]) => dayOf(now + shift, zone) === dayOf(seconds, zone));
  return match ? match[0] : words;
}

function ago(seconds) {
  const minutes = Math.round((seconds - Date.now() / 1000) / 60);
  const steps = [["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];
  let amount = minutes;
  for (const [unit, size] of steps) {
    if (Math.abs(amount) < size) return new Intl.RelativeTimeFormat("en-US").format(amount, unit);
    amount = Math.round(amount / size);
  }
}

/** Fills in Slack's tokens, {date_short} at {time} and their like, for a reader's zone. */
export function formatDate(seconds, format, zone) {
  const tokens = {
    date_num: () => dayOf(seconds, zone),
    date: () => longDay(seconds, zone, false),
    date_short: () => shortDay(seconds, zone),
    date_long: () => longDay(seconds, zone, true),
    date_pretty: () => prettyDay(seconds, zone, longDay(seconds, zone, false)),
    date_short_pretty: () => prettyDay(seconds, zone, shortDay(seconds, zone)),
    date_long_pretty: () => prettyDay(seconds, zone, longDay(seconds, zone, true)),
    time: () => timeOf(seconds, zone),
    time_secs: () => timeOf(seconds, zone, true),
    ago: () => ago(seconds),
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(tokens, name) ? tokens[name]() : whole));
}

function dateNode(seconds, format, address, fallback, reader) {
  if (!Number.isFinite(seconds)) return make("span", {}, fallback);
  const words = formatDate(seconds, format, reader.zone);
  const title = formatDate(seconds, "{date_long} at {time_secs}", reader.zone);
  const time = make("time", { datetime: new Date(seconds * 1000).toISOString(), title }, words);
  return address ? link(address, time) : time;
}

// --- mrkdwn ------------------------------------------------------------------------------------------------------

const decode = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

function mention(words, loud = false) {
  return make("span", { class: loud ? "mention loud" : "mention" }, words);
}

/** What stands between < and >: a mention, a date, a link; or text that only looks like one. */
function angle(inside, reader) {
  const [target, label] = [inside.split("|")[0], inside.split("|").slice(1).join("|")];
  if (/^@[UW]/.test(target)) return userMention(target.slice(1), reader, label);
  if (/^#[CDG]/.test(target)) return mention(`#${label ? decode(label) : reader.channelName(target.slice(1))}`);
  if (/^!subteam\^/.test(target)) return groupMention(target.slice("!subteam^".length), reader);
  if (/^!(channel|here|everyone)$/.test(target)) return mention(`@${target.slice(1)}`, true);
  if (target.startsWith("!date^")) {
    const [, stamp, format = "", address] = decode(target).split("^");
    return dateNode(/^\d+$/.test(stamp) ? Number(stamp) : NaN, format, address, decode(label), reader);
  }
  if (/^https?:/i.test(target)) return link(decode(target), label ? decode(label) : decode(target));
  return document.createTextNode(`<${decode(inside)}>`);
}

function userMention(id, reader, label) {
  const name = reader.userName(id) ?? (label ? decode(label) : id);
  return mention(`@${name}`, id === reader.user);
}

function groupMention(id, reader) {
  return mention(`@${reader.groupHandle(id)}`, reader.groupHolds(id));
}

export function emojiNode(name, fallback) {
  const found = Object.hasOwn(EMOJI, name) ? EMOJI[name] : fallback;
  return found ? make("span", { class: "emoji", role: "img", "aria-label": name }, found) : `:${name}:`;
}

const STYLED = [["*", "b"], ["_", "i"], ["~", "s"]];
const styled = STYLED.map(([mark]) => `(?<![\\w${mark}])\\${mark}(?=\\S)([^\\n]*?\\S)\\${mark}(?![\\w${mark}])`);
const TOKEN = new RegExp(
  ["```([\\s\\S]+?)```", "`([^`\\n]+)`", "<([^<>\\n]+)>", ...styled, ":([a-z0-9_+-]+):",
    "(https?:\\/\\/[^\\s<>|]*[^\\s<>|.,;:!?)*_~])"].join("|"), "g");

function draw(match, reader) {
  const [, pre, code, angled, bold, italic, strike, emoji, address] = match;
  if (pre !== undefined) return make("pre", {}, decode(pre.replace(/^\n/, "")));
  if (code !== undefined) return make("code", {}, decode(code));
  if (angled !== undefined) return angle(angled, reader);
  if (emoji !== undefined) return emojiNode(emoji);
  if (address !== undefined) return link(decode(address), decode(address));
  const [tag, inside] = bold !== undefined ? ["b", bold] : italic !== undefined ? ["i", italic] : ["s", strike];
  return make(tag, {}, inline(inside, reader));
}

function inline(text, reader) {
  const nodes = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    nodes.push(decode(text.slice(last, match.index)), draw(match, reader));
    last = match.index + match[0].length;
  }
  return [...nodes, decode(text.slice(last))].filter((node) => node !== "");
}

/** Slack's mrkdwn as nodes: lines that begin with > are a quote. */
export function mrkdwn(text, reader) {
  const box = make("div", { class: "mrkdwn" });
  const fenced = text.split(/(```[\s\S]+?```)/);
  for (const piece of fenced) {
    if (piece.startsWith("```") && piece.length > 6) box.append(...inline(piece, reader));
    else box.append(...quoted(piece, reader));
  }
  return box;
}

function quoted(text, reader) {
  const groups = [];
  for (const line of text.split("\n")) {
    const quote = /^(>|&gt;) ?/.test(line);
    const words = quote ? line.replace(/^(>|&gt;) ?/, "") : line;
    const open = groups.at(-1);
    if (open && open.quote === quote) open.lines.push(words);
    else groups.push({ quote, lines: [words] });
  }
  return groups.flatMap(({ quote, lines }) => {
    const nodes = inline(lines.join("\n"), reader);
    return quote ? make("blockquote", {}, nodes) : nodes;
  });
}

/** A plain_text or mrkdwn object. */
export function textObject(object, reader) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, reader);
  return make("div", { class: "plain" }, plain(object));
}

/** The nodes of a plain_text object: nothing is parsed but :emoji: names. */
export function plain(object) {
  if (object.emoji === false) return [object.text];
  const pieces = object.text.split(/:([a-z0-9_+-]+):/);
  return pieces.map((piece, index) => (index % 2 ? emojiNode(piece) : piece)).filter((node) => node !== "");
}

/** A plain_text object as a string, for places that hold no elements. */
export const plainWords = (object) => make("span", {}, plain(object)).textContent;

// --- Rich text ---------------------------------------------------------------------------------------------------

const INLINE = {
  text: (element) => element.text,
  link: (element) => link(element.url, element.text || element.url),
  user: (element, reader) => userMention(element.user_id, reader),
  usergroup: (element, reader) => groupMention(element.usergroup_id, reader),
  channel: (element, reader) => mention(`#${reader.channelName(element.channel_id)}`),
  broadcast: (element) => mention(`@${element.range}`, true),
  emoji: (element) => emojiNode(element.name, unicode(element.unicode)),
  date: (element, reader) => dateNode(element.timestamp, element.format, element.url, element.fallback ?? "", reader),
  color: (element) => make("code", {}, element.value),
  team: (element) => mention(`@${element.team_id}`),
};

function unicode(points) {
  if (!/^[0-9a-f]+(-[0-9a-f]+)*$/i.test(points ?? "")) return undefined;
  return String.fromCodePoint(...points.split("-").map((point) => parseInt(point, 16)));
}

function richInline(element, reader) {
  const drawn = (INLINE[element.type] ?? (() => `[${element.type}]`))(element, reader);
  const tags = { bold: "b", italic: "i", strike: "s", underline: "u", code: "code" };
  return Object.keys(tags)
    .filter((name) => element.style?.[name])
    .reduce((inner, name) => make(tags[name], {}, inner), drawn);
}

function richLine(element, reader, tag, attributes = {}) {
  return make(tag, attributes, (element.elements ?? []).map((inner) => richInline(inner, reader)));
}

const RICH = {
  rich_text_section: (element, reader) => richLine(element, reader, "div", { class: "rich-line" }),
  rich_text_quote: (element, reader) => richLine(element, reader, "blockquote"),
  rich_text_preformatted: (element, reader) => richLine(element, reader, "pre"),
  rich_text_list: (element, reader) => {
    const ordered = element.style === "ordered";
    const start = ordered && element.offset ? element.offset + 1 : undefined;
    const items = element.elements.map((item) => richLine(item, reader, "li"));
    return make(ordered ? "ol" : "ul", { class: `indent-${element.indent ?? 0}`, start }, items);
  },
};

/** A rich_text block. */
export function richText(block, reader) {
  return make("div", { class: "rich" }, block.elements.map((element) => RICH[element.type](element, reader)));
}
