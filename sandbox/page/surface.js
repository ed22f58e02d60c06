// What happens when a person presses something in a message, a modal or the Home tab.

import { confirmIn, inputValues } from "./blocks.js";
import { $, attempt, post, reader } from "./world.js";

const pressed = new Map(); // message ts or view id -> when something was pressed there last, in Unix seconds

export function notePress(place) {
  pressed.set(place, Date.now() / 1000);
}

/** The last warning at a message (its ts) or view (its id), unless the person has pressed again since. */
export function warningAt(place, warnings) {
  const found = warnings.filter((warning) => place === (warning.place.ts ?? warning.place.view)).at(-1);
  return found && found.time > (pressed.get(place) ?? 0) ? found.text : "";
}

/**
 * For the blocks under `root`. `place` is a message's ts or a view's id; `target` says which surface it is to the
 * control API, which also gets the values of the inputs shown around what is pressed.
 */
export function surfaceOf(root, place, target) {
  const press = async (element, value) => {
    const body = { ...target, action_id: element.action_id, values: inputValues(root, false) };
    if (value !== undefined) body.value = value;
    const controls = [...root.querySelectorAll("[data-action-id]")];
    const control = controls.find((one) => one.dataset.actionId === element.action_id);
    notePress(place);
    control?.classList.add("busy");
    await attempt(() => post("click", body));
    control?.classList.remove("busy");
  };
  return {
    press,
    confirm: (words) => confirmIn($("confirm"), words, reader()),
    enter: (element, event) => {
      if (!element.dispatch_action_config?.trigger_actions_on?.includes("on_enter_pressed")) return;
      event.preventDefault();
      press(element, event.target.value);
    },
  };
}
