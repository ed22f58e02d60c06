// The control API, and what the page knows from it: the workspace, who acts, and where they are.

import { dayOf } from "./text.js";

export const $ = (id) => document.getElementById(id);
export const APP = "app"; // in place of a channel: the app's own tabs, Home and Messages

// --- The control API ---------------------------------------------------------------------------------------------

/** The server said no; the message is its reason in words. */
export class Refused extends Error {}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.error ?? `HTTP ${response.status}`);
  return answer;
}

export async function get(name, query = {}) {
  return answerOf(await fetch(`/control/${name}?${new URLSearchParams(query)}`));
}

export async function post(name, body) {
  const headers = { "Content-Type": "application/json" };
  return answerOf(await fetch(`/control/${name}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

export function trouble(words) {
  $("trouble").textContent = words;
  $("trouble").hidden = !words;
}

export function reasonOf(failure) {
  return failure instanceof Refused ? failure.message : "The sandbox does not answer.";
}

/** Does something for a person; what goes wrong is told to them. Gives null then. */
export async function attempt(deed) {
  try {
    return await deed();
  } catch (failure) {
    const words = reasonOf(failure);
    trouble(words);
    setTimeout(() => $("trouble").textContent === words && trouble(""), 6000);
    return null;
  }
}

// --- The workspace -----------------------------------------------------------------------------------------------

export let world = null; // GET /control/state
export const here = { user: "", channel: "", tab: "home", thread: "" };

export async function learn() {
  world = await get("state");
}

export const person = (id) => world.users.find((user) => user.id === id);
export const channel = (id) => world.channels.find((found) => found.id === id);
export const nameOf = (user) => user.profile?.display_name || user.real_name || user.name;
export const bot = () => person(world.app.bot_user);
export const zone = () => person(here.user).tz ?? "UTC";

const group = (id) => world.usergroups.find((found) => found.id === id);
const directChannel = () => world.channels.find((found) => found.is_im && found.user === here.user);

/** The id of the channel shown; undefined on the app's tabs while there is no direct conversation. */
export const channelId = () => (here.channel === APP ? directChannel()?.id : here.channel);

/** Guests see only their channels; everybody sees public ones; private ones are for members. */
export function visibleChannels() {
  const me = person(here.user);
  const browses = !me.is_restricted && !me.is_ultra_restricted && me.team_id === world.team.id;
  return world.channels.filter((found) =>
    !found.is_im && ((browses && !found.is_private) || found.members.includes(me.id)));
}

/** Who and where, from the address: #channel=C01APPROVALS&user=U02APPROVER. */
export function readHash() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const able = (id) => person(id) && !person(id).deleted;
  here.user = able(wanted.get("user")) ? wanted.get("user") : world.users.find((found) => able(found.id)).id;
  const places = [APP, ...visibleChannels().map((found) => found.id)];
  here.channel = places.includes(wanted.get("channel")) ? wanted.get("channel") : (places[1] ?? APP);
  here.tab = wanted.get("tab") === "messages" ? "messages" : "home";
}

export function go(change) {
  const next = { channel: here.channel, user: here.user, ...change };
  if (next.channel === APP) next.tab = change.tab ?? here.tab;
  location.hash = new URLSearchParams(next);
}

// --- The reader --------------------------------------------------------------------------------------------------

function localInput(stamp, timeZone) {
  const time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
  return `${dayOf(stamp, timeZone)}T${time.format(stamp * 1000)}`;
}

/** Unix seconds of a wall clock's reading: guess UTC, then correct by what that instant reads there. */
function fromLocalInput(text, timeZone) {
  const guess = Date.parse(`${text}Z`) / 1000;
  return guess - (Date.parse(`${localInput(guess, timeZone)}Z`) / 1000 - guess);
}

/** What drawing asks of the one who reads: names as they see them, and their time zone. */
export function reader() {
  return {
    user: here.user,
    zone: zone(),
    userName: (id) => (person(id) ? nameOf(person(id)) : undefined),
    channelName: (id) => channel(id)?.name ?? id,
    groupHandle: (id) => group(id)?.handle ?? id,
    groupHolds: (id) => group(id)?.users.includes(here.user) ?? false,
    people: () => world.users.filter((user) => !user.deleted).map((user) => [user.id, nameOf(user)]),
    channels: () => visibleChannels().filter((found) => !found.is_archived).map((found) => [found.id, found.name]),
    localInput: (stamp) => localInput(stamp, zone()),
    fromLocalInput: (text) => fromLocalInput(text, zone()),
  };
}
