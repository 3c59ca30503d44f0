// SPDX-License-Identifier: Apache-2.0
/**
 * Draws periods: five states that differ by shape, never by colour alone, and one path for each. A
 * line never goes over a gap. The cursor is a native slider that says what the table says.
 */

import { el, svg } from "./dom.js";
import { MARKS } from "./states.js";
import { number, t } from "./texts.js";

const WIDTH = 960, HEIGHT = 300, LEFT = 56, RIGHT = 8, TOP = 10, BOTTOM = 48, STRIP = 6;
const BASE = HEIGHT - BOTTOM;

/** The patterns that states are filled with, once for a page. */
export function patterns() {
  const hatch = (id, turn) => svg("pattern", {
    id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${turn})`,
  }, svg("rect", { width: 6, height: 6, class: "hatch-ground" }), svg("line", { y2: 6, class: "hatch" }));
  return svg("svg", { class: "patterns", "aria-hidden": "true", width: 0, height: 0 },
    svg("defs", {}, Object.values(MARKS).filter((mark) => mark.hatch !== null).map((mark) => hatch(mark.name, mark.hatch))));
}

/** Steps of an axis from 0 to at least `most`: 1, 2 or 5 times a power of ten apart. */
function axis(most) {
  const rough = Math.max(most, 1) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough));
  return Array.from({ length: Math.ceil(Math.max(most, 1) / step) + 1 }, (_, at) => at * step);
}

function scales(shown, from, to, k) {
  const tops = shown.flatMap(({ report, past, usual }) => [report, past, usual && { ...usual, high: usual.value }])
    .map((one) => (one?.state === "published" ? one.high : one?.state === "few" ? k : 0));
  const ticks = axis(Math.max(...tops, 1)), most = ticks[ticks.length - 1];
  return {
    ticks,
    x: (at) => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT),
    y: (value) => BASE - (Math.max(0, value) / most) * (BASE - TOP),
  };
}

const box = (x0, x1, y0, y1) => `M${x0.toFixed(1)} ${y0.toFixed(1)}H${x1.toFixed(1)}V${y1.toFixed(1)}H${x0.toFixed(1)}Z`;

/** Step lines through published values; a new one begins after every gap. */
function steps(shown, of, { x, y }) {
  let path = "", end = null;
  for (const one of shown) {
    const report = of(one);
    if (report?.state !== "published") { end = null; continue; }
    const at = y(report.value).toFixed(1);
    path += end === one.start ? `V${at}` : `M${x(one.start).toFixed(1)} ${at}`;
    path += `H${x(one.end).toFixed(1)}`;
    end = one.end;
  }
  return path;
}

function paths(shown, k, scale) {
  const { x, y } = scale;
  const reach = {
    full: ({ start, end }) => box(x(start), x(end), TOP, BASE),
    k: ({ start, end }) => box(x(start), x(end), y(Math.max(k, 1)), BASE),
    interval: ({ start, end, report }) => box(x(start), x(end), y(report.high), y(report.low)),
    tick: ({ start, end }) => `M${((x(start) + x(end)) / 2).toFixed(1)} ${BASE}v-6`,
  };
  return [
    ...Object.entries(MARKS).map(([state, mark]) => [mark.name,
      shown.filter(({ report }) => report.state === state).map(reach[mark.reach]).join("")]),
    ["open", shown.filter(({ open }) => open).map(({ start, end }) => box(x(start), x(end), TOP - 8, TOP - 4)).join("")],
    ["usual", steps(shown, ({ usual }) => usual, scale)],
    ["past", steps(shown, ({ past }) => past, scale)],
    ["line", steps(shown, ({ report }) => report, scale)],
    ["seen", shown.filter(({ report }) => report.coverage > 0)
      .map(({ start, end, report }) => box(x(start), x(end), BASE + STRIP * (2 - report.coverage), BASE + 2 * STRIP)).join("")],
  ];
}

/**
 * A chart of `shown`: `[{start, end, report, past, name, text}]` in ms, by time. `labels` are
 * `[ms, text]` of the axis; `k` fewest people told; `read(at)` is called with the chosen index.
 */
export function chart({ shown, from, to, labels, k, title, read }) {
  const scale = scales(shown, from, to, k), { x, y } = scale;
  const cursor = svg("path", { class: "cursor" });
  const marks = paths(shown, k, scale).filter(([, path]) => path)
    .map(([kind, path]) => svg("path", { class: `mark ${kind}`, d: path, ...dots(kind) }));
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": title },
    scale.ticks.map((one) => [
      svg("path", { class: "grid", d: `M${LEFT} ${y(one)}H${WIDTH - RIGHT}` }),
      svg("text", { x: LEFT - 6, y: y(one) + 4, "text-anchor": "end" }, number(one)),
    ]),
    marks,
    svg("path", { class: "axis", d: `M${LEFT} ${BASE}H${WIDTH - RIGHT}` }),
    labels.map(([at, text]) => [
      svg("path", { class: "axis", d: `M${x(at).toFixed(1)} ${BASE + 2 * STRIP}v5` }),
      svg("text", { x: Math.min(Math.max(x(at), LEFT), WIDTH - RIGHT - 12), y: HEIGHT - 14, "text-anchor": "middle" }, text),
    ]),
    cursor);
  const output = el("output", { class: "reading", for: "cursor" });
  const slider = el("input", { type: "range", id: "cursor", min: 0, max: Math.max(shown.length - 1, 0), value: 0 });
  const show = () => {
    const one = shown[Number(slider.value)];
    if (!one) return;
    slider.setAttribute("aria-valuetext", one.text);
    output.textContent = one.text;
    cursor.setAttribute("d", box(x(one.start), x(one.end), TOP, BASE));
    read?.(one);
  };
  slider.addEventListener("input", show);
  const last = shown.findLastIndex(({ report }) => report.state !== "nothing_arrived");
  slider.value = Math.max(last, 0);
  show();
  return el("figure", {}, drawing, el("label", { for: "cursor" }, t("read")), slider, output);
}

const DOTTED = new Set(Object.values(MARKS).filter((mark) => mark.is_dotted).map((mark) => mark.name));
const dots = (kind) => (DOTTED.has(kind) ? { "stroke-dasharray": "2 3" } : {});

/** A small mark of a state, before what it says. */
export function stateMark(state) {
  const { name } = MARKS[state], kind = name === "gap" ? "none" : name;
  return svg("svg", { viewBox: "0 0 24 16", class: "state", "aria-hidden": "true" },
    svg("path", { class: `mark ${kind}`, ...dots(kind), d: "M1 1H23V15H1Z" }));
}

/** What each mark means, with the mark. */
export function legend(k, kinds) {
  const name = { band: t("interval"), few: k > 1 ? t("few", { k: number(k) }) : t("few_alone"),
    unseen: t("not_observed"), spent: t("budget_spent"), gap: t("nothing_arrived"), past: t("week_before"), usual: t("usual_here"), open: t("open"), seen: t("observed") };
  const line = { gap: "M12 14v-6", past: "M1 8H23", usual: "M1 8H23", open: "M1 6H23V10H1Z" };
  return el("ul", { class: "legend", "aria-label": t("legend") }, kinds.map((kind) => el("li", {},
    svg("svg", { viewBox: "0 0 24 16", "aria-hidden": "true" },
      svg("path", { class: `mark ${kind}`, ...dots(kind), d: line[kind] ?? (kind === "seen" ? "M1 10H23V15H1Z" : "M1 1H23V15H1Z") })), name[kind])));
}
