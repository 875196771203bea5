// The frame of the page: views by the address's fragment, dark and light, the server's answers.
import * as solve from "./solve.js";
import * as trees from "./trees.js";
import * as runs from "./runs.js";
import {api} from "./api.js";

const views = {solve, trees, runs};
const root = document.documentElement;

function show() {
  const name = location.hash.slice(1) in views ? location.hash.slice(1) : "solve";
  for (const key of Object.keys(views)) {
    document.getElementById(`view-${key}`).hidden = key !== name;
    const link = document.querySelector(`nav a[href="#${key}"]`);
    if (key === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `hrm: ${name}`;
  views[name].shown();
}

function setTheme(name) {
  root.dataset.theme = name;
  try {
    localStorage.setItem("theme", name);
  } catch { /* a browser that keeps nothing */ }
}

function chosenTheme() {
  try {
    const kept = localStorage.getItem("theme");
    if (kept === "dark" || kept === "light") return kept;
  } catch { /* likewise */ }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

root.dataset.theme = chosenTheme();
document.getElementById("theme").addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
addEventListener("hashchange", show);
for (const view of Object.values(views)) view.start();
show();
api.models().then(models => solve.setModels(models), error => solve.setModels([], error));
