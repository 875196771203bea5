// Line charts as SVG, with a table's worth of words for those who do not see them.
const NS = "http://www.w3.org/2000/svg";
const width = 480, height = 190, left = 52, right = 12, top = 22, bottom = 28;

export function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough);
  const marks = [];
  for (let x = Math.ceil(low / step) * step; x <= high + step * 1e-9; x += step) marks.push(Math.abs(x) < step * 1e-9 ? 0 : x);
  return marks;
}

const thousands = x => Math.abs(x) >= 1e4 && Math.abs(x) < 1e8 && x % 100 === 0 ? `${x / 1000}k` : short(x);

export const short = x => !Number.isFinite(x) ? "–" : Math.abs(x) >= 1e4 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(1) : String(+x.toPrecision(4));

// series: [{name, points: [[x, y]]}], at most two. here: x of a line across. log: y by powers of ten.
export function chart({title, series, xLabel, log = false, here = null}) {
  const scale = log ? y => Math.log10(Math.max(y, 1e-12)) : y => y;
  const kept = series.map(s => ({...s, points: s.points.filter(([, y]) => Number.isFinite(y))}));
  const all = kept.flatMap(s => s.points);
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = title;
  figure.append(caption);
  if (!all.length) return figure;
  const xs = all.map(p => p[0]), ys = all.map(p => scale(p[1]));
  const range = values => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  let [x0, x1] = range(xs), [y0, y1] = range(ys);
  if (x0 === x1) x1 = x0 + 1;
  if (y0 === y1) [y0, y1] = [y0 - 0.5, y1 + 0.5];
  const X = x => left + (x - x0) / (x1 - x0) * (width - left - right);
  const Y = y => height - bottom - (scale(y) - y0) / (y1 - y0) * (height - top - bottom);
  const words = kept.map(s => `${s.name}: from ${short(s.points[0]?.[1])} to ${short(s.points.at(-1)?.[1])}`).join("; ");
  const svg = element("svg", {class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}. ${words}`});
  for (const y of ticks(y0, y1, 4)) {
    const at = height - bottom - (y - y0) / (y1 - y0) * (height - top - bottom);
    svg.append(element("line", {class: "grid", x1: left, x2: width - right, y1: at, y2: at}),
      element("text", {x: left - 6, y: at + 4, "text-anchor": "end"}, short(log ? 10 ** y : y)));
  }
  for (const x of ticks(x0, x1, 6)) svg.append(element("text", {x: X(x), y: height - bottom + 15, "text-anchor": "middle"}, thousands(x)));
  svg.append(element("line", {class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom}),
    element("text", {x: width - right, y: height - 1, "text-anchor": "end"}, xLabel));
  kept.forEach((s, i) => {
    const kind = i ? " b" : "";
    svg.append(element("text", {class: `key${kind}`, x: left + i * 150, y: 13}, s.name));
    svg.append(element("path", {class: `line${kind}`, d: s.points.map(([x, y], n) => `${n ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`).join("")}));
    if (s.points.length <= 40) for (const [x, y] of s.points) svg.append(element("circle", {class: `dot${kind}`, cx: X(x), cy: Y(y), r: 2.5}));
  });
  if (here !== null && here >= x0 && here <= x1) svg.append(element("line", {class: "here", x1: X(here), x2: X(here), y1: top, y2: height - bottom}));
  figure.append(svg);
  return figure;
}
