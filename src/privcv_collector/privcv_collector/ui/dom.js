// SPDX-License-Identifier: Apache-2.0
/** Makes elements. Text is only ever text: a label that looks like markup is shown as it is. */

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...shown(children));
  return node;
}

const shown = (children) => children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== "");

/** Put `children`, nested as they may be, in the place of all that is in `root`. */
export function replace(root, ...children) {
  root.replaceChildren(...shown(children));
}

/** An element of HTML. `on…` attributes are listeners; null and false attributes are left out. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** A table: `head` are texts, `rows` lists of cells, the first of which names its row. */
export function table(caption, head, rows) {
  const cells = (row) => row.map((one, at) => el(at ? "td" : "th", at ? {} : { scope: "row" }, one));
  return el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    el("table", { "aria-label": caption },
      el("thead", {}, el("tr", {}, head.map((one) => el("th", { scope: "col" }, one)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, cells(row))))));
}

/** A labelled list of choices: `[[value, text], …]`. */
export function choice(label, id, options, value, change) {
  const list = options.map(([key, text]) => el("option", { value: key, selected: key === value }, text));
  return el("label", { for: id }, label, " ",
    el("select", { id, onchange: (event) => change(event.target.value) }, list));
}
