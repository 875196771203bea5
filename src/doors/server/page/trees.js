// The view Trees: files of `hrm tree export` (whole trees) and of `hrm tree label` (labels with counts), read here.
import {readValues} from "./lines.js";
import {short} from "./chart.js";

const at = id => document.getElementById(id);
const MOST_SHOWN = 300;  // children of a node that are listed at once
let trees = [], chosen = null;

export function shown() {}

export function start() {
  at("tree-file").addEventListener("change", async () => {
    const file = at("tree-file").files[0];
    if (!file) return;
    at("tree-error").textContent = "";
    try {
      trees = toTrees(await readValues(file));
    } catch (error) {
      trees = [];
      at("tree-error").textContent = `${file.name}: ${error.message}`;
    }
    at("tree-choice").replaceChildren(...trees.map((tree, i) => new Option(tree.id || `tree ${i + 1}`, i)));
    at("tree-choice").disabled = trees.length < 2;
    show(trees[0]);
  });
  at("tree-choice").addEventListener("change", () => show(trees[at("tree-choice").value]));
  at("tree").addEventListener("keydown", keyPressed);
  at("tree").addEventListener("click", event => {
    const item = event.target.closest('[role="treeitem"]');
    if (!item) return;
    if (event.target.closest(".twist")) toggle(item);
    else select(item);
  });
}

function toTrees(values) {
  if (values.some(value => Array.isArray(value?.nodes))) {
    return values.map((value, i) => {
      if (!Array.isArray(value?.nodes)) throw new Error(`tree ${i + 1} has no list 'nodes': expected the lines of hrm tree export`);
      return link({id: String(value.id ?? value.tree ?? ""), question: value.question ?? "", gold: value.gold ?? "", rollouts: value.rollouts ?? [], nodes: value.nodes.map(node => ({...node}))}, i);
    });
  }
  const labels = values.filter(value => value && "node" in value && "problem" in value);
  if (!labels.length) throw new Error("holds neither trees (hrm tree export) nor labels (hrm tree label)");
  const byProblem = new Map();
  for (const label of labels) {
    const key = String(label.problem);
    if (!byProblem.has(key)) byProblem.set(key, []);
    byProblem.get(key)[label.node] = {...label};
  }
  return [...byProblem].map(([id, nodes], i) => {
    if (Array.from(nodes).includes(undefined)) throw new Error(`problem ${id}: labels of some nodes are missing`);
    return link({id, question: "", gold: "", rollouts: [], nodes}, i);
  });
}

// Children, and what can be counted below each node.
function link(tree, number) {
  if (!tree.nodes.length) throw new Error(`tree ${number + 1} has no nodes`);
  tree.nodes.forEach((node, i) => {
    node.children = [];
    node.rollouts = [];
    node.ends = node.right = 0;
    node.parent ??= -1;
    if (i > 0 && !(Number.isInteger(node.parent) && node.parent >= 0 && node.parent < i))
      throw new Error(`tree ${number + 1}, node ${i}: its parent ${node.parent} does not stand before it`);
    if (i > 0) tree.nodes[node.parent].children.push(i);
    node.level = i > 0 ? tree.nodes[node.parent].level + 1 : 0;
  });
  for (const rollout of tree.rollouts) tree.nodes[rollout.node]?.rollouts.push(rollout);
  for (let i = tree.nodes.length - 1; i >= 0; --i) {
    const node = tree.nodes[i];
    const count = (answer, times) => {
      node.ends += times;
      if (tree.gold && String(answer ?? "").trim() === String(tree.gold).trim()) node.right += times;
    };
    for (const rollout of node.rollouts) count(rollout.answer, 1);
    if (!node.children.length && !node.unfinished && i > 0) count(node.answer, node.multiplicity ?? 1);
    if (i > 0) {
      tree.nodes[node.parent].ends += node.ends;
      tree.nodes[node.parent].right += node.right;
    }
  }
  return tree;
}

function valueOf(node) {
  if (typeof node.label === "number") return node.label.toFixed(2);
  if (chosen.gold && node.ends) return (node.right / node.ends).toFixed(2);
  return "–";
}

function show(tree) {
  chosen = tree ?? null;
  at("tree").replaceChildren();
  at("node").replaceChildren();
  at("tree-summary").textContent = "";
  if (!tree) return;
  const leaves = tree.nodes.filter(node => !node.children.length).length;
  const depth = tree.nodes.reduce((most, node) => Math.max(most, node.level), 0);
  at("tree-summary").textContent = `${tree.nodes.length} nodes, ${leaves} leaves, ${tree.rollouts.length} rollouts, ${depth} levels`;
  const root = item(0);
  at("tree").append(root);
  toggle(root, true);
  select(root, false);
}

const label = text => text.replace(/\s+/g, " ").trim();

function item(i) {
  const node = chosen.nodes[i], made = document.createElement("div"), line = document.createElement("div");
  made.setAttribute("role", "treeitem");
  made.setAttribute("aria-selected", "false");
  made.setAttribute("aria-level", node.level + 1);
  if (node.children.length) made.setAttribute("aria-expanded", "false");
  made.tabIndex = -1;
  made.dataset.node = i;
  line.className = "line";
  const part = (name, text) => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    line.append(span);
  };
  part("twist", node.children.length ? "▸" : "");
  part("value", valueOf(node));
  const counts = [node.children.length ? `${node.children.length} below` : "", node.multiplicity > 1 ? `×${node.multiplicity}` : "", typeof node.total === "number" ? `${node.correct}/${node.total}` : node.ends ? `${node.ends} end${node.ends === 1 ? "" : "s"}` : "",
    node.unfinished ? "unfinished" : ""].filter(Boolean).join(", ");
  part("words", i === 0 ? label(chosen.question || chosen.id || "root") : label(node.text ?? "") || "(empty)");
  part("help", counts);
  made.append(line);
  return made;
}

function toggle(made, open = made.getAttribute("aria-expanded") !== "true") {
  if (!made.hasAttribute("aria-expanded")) return;
  made.setAttribute("aria-expanded", String(open));
  made.querySelector(".twist").textContent = open ? "▾" : "▸";
  let group = made.querySelector(':scope > [role="group"]');
  if (!open) return group?.remove();
  if (group) return;
  group = document.createElement("div");
  group.setAttribute("role", "group");
  const children = chosen.nodes[made.dataset.node].children;
  const more = from => {
    group.append(...children.slice(from, from + MOST_SHOWN).map(item));
    if (from + MOST_SHOWN >= children.length) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${children.length - from - MOST_SHOWN} more`;
    button.addEventListener("click", event => {
      event.stopPropagation();
      button.remove();
      more(from + MOST_SHOWN);
    });
    group.append(button);
  };
  more(0);
  made.append(group);
}

function select(made, focus = true) {
  const tree = at("tree");
  tree.querySelectorAll('[aria-selected="true"], [tabindex="0"]').forEach(other => {
    other.setAttribute("aria-selected", "false");
    other.tabIndex = -1;
  });
  made.setAttribute("aria-selected", "true");
  made.tabIndex = 0;
  if (focus) made.focus();
  describe(Number(made.dataset.node));
}

function describe(i) {
  const node = chosen.nodes[i], list = document.createElement("dl"), heading = document.createElement("h3"), text = document.createElement("pre");
  heading.textContent = i === 0 ? "Problem" : `Step at level ${node.level}`;
  text.textContent = i === 0 ? chosen.question || chosen.id : node.text ?? "";
  const add = (name, value) => {
    if (value === undefined || value === null || value === "") return;
    const term = document.createElement("dt"), detail = document.createElement("dd");
    term.textContent = name;
    detail.textContent = value;
    list.append(term, detail);
  };
  if (i === 0) add("gold answer", chosen.gold);
  add("answer", node.answer);
  add("verdict", node.verdict);
  if (typeof node.label === "number") add("label", short(node.label));
  if (typeof node.low === "number") add("95 % interval", `${short(node.low)} to ${short(node.high)}`);
  if (typeof node.total === "number") add("correct", `${node.correct} of ${node.total}${node.undecided ? `, ${node.undecided} undecided` : ""}`);
  else if (node.ends && chosen.gold) add("ends with the gold text", `${node.right} of ${node.ends}`);
  add("children", node.children.length || "");
  add("rollouts", node.rollouts.length || "");
  add("multiplicity", node.multiplicity > 1 ? node.multiplicity : "");
  add("tokens", node.tokens || "");
  if (node.unfinished) add("state", "unfinished: its expansion is missing");
  else if (node.terminal) add("state", "terminal");
  at("node").replaceChildren(heading, text, list);
}

function keyPressed(event) {
  const made = event.target.closest('[role="treeitem"]');
  if (!made) return;
  const visible = [...at("tree").querySelectorAll('[role="treeitem"]')];
  const here = visible.indexOf(made), open = made.getAttribute("aria-expanded");
  const actions = {
    ArrowDown: () => visible[here + 1] && select(visible[here + 1]),
    ArrowUp: () => visible[here - 1] && select(visible[here - 1]),
    Home: () => select(visible[0]),
    End: () => select(visible.at(-1)),
    ArrowRight: () => open === "false" ? toggle(made, true) : visible[here + 1] && open === "true" && select(visible[here + 1]),
    ArrowLeft: () => open === "true" ? toggle(made, false) : made.parentElement.closest('[role="treeitem"]') && select(made.parentElement.closest('[role="treeitem"]')),
    Enter: () => toggle(made),
    " ": () => toggle(made),
  };
  if (!(event.key in actions)) return;
  event.preventDefault();
  event.stopPropagation();
  actions[event.key]();
}
