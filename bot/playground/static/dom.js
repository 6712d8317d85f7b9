// Building elements. Text only ever becomes text nodes: nothing here, or anywhere on the page, parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** h("button.send", {type: "button", onclick}, "Send"): an element, its properties or attributes, its children. */
export function h(what, props = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) put(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function put(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
  else if (name in element) element[name] = value;
  else element.setAttribute(name, value);
}

/** A picture of static/icons.svg, for the eye only. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A round button that is only a picture; its label is for the ear and the tooltip. */
export function iconButton(name, label, onclick, extra = {}) {
  return h("button.icon-button", { type: "button", title: label, "aria-label": label, onclick, ...extra }, icon(name));
}

/** Make element's children exactly these, moving those that are already there as little as possible. */
export function arrange(element, children) {
  const staying = new Set(children);
  for (const child of [...element.childNodes]) if (!staying.has(child)) child.remove();
  let next = element.firstChild;
  for (const child of children) {
    if (child === next) next = next.nextSibling;
    else element.insertBefore(child, next);
  }
}

/** Arrow keys, Home and End among the children that match; the first keys are those that go back. */
export function rove(element, selector, back = "ArrowLeft", forth = "ArrowRight") {
  element.addEventListener("keydown", (event) => {
    const stops = [...element.querySelectorAll(selector)].filter((stop) => !stop.disabled && stop.offsetParent);
    const here = stops.indexOf(document.activeElement);
    const target = { [back]: here - 1, [forth]: here + 1, Home: 0, End: stops.length - 1 }[event.key];
    if (here < 0 || target === undefined) return;
    event.preventDefault();
    stops[(target + stops.length) % stops.length].focus();
  });
}

/** Runs at most once per frame, however often it is asked to. */
export function oncePerFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

/** Put text on the clipboard; older ways where the page may not use the newer one. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const before = document.activeElement;
    const field = h("textarea.offscreen", { value: text, readOnly: true });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    before?.focus();
  }
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
