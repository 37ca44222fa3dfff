"use strict";
(() => {
  const field = document.getElementById("search");
  const found = document.getElementById("found");
  const searched = [...document.querySelectorAll("[data-search]")].map((element) => ({
    element,
    text: element.dataset.search.toLowerCase(),
  }));
  const sections = [...document.querySelectorAll("main > section")];
  const branches = [...document.querySelectorAll("#organization details")];
  let before = null; // what was open before the search

  function search() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) {
      for (const { element } of searched) element.hidden = false;
      for (const unit of document.querySelectorAll("li.unit")) unit.hidden = false;
      for (const section of sections) section.hidden = false;
      if (before) for (const [branch, open] of before) branch.open = open;
      before = null;
      found.textContent = "";
      return;
    }
    before ??= branches.map((branch) => [branch, branch.open]);
    const counts = { account: 0, policy: 0, row: 0 };
    for (const { element, text } of searched) {
      const hit = words.every((word) => text.includes(word));
      element.hidden = !hit;
      if (hit) {
        counts[element.matches("li.account") ? "account" : element.matches("details.policy") ? "policy" : "row"] += 1;
      }
    }
    for (const unit of document.querySelectorAll("li.unit")) {
      unit.hidden = !unit.querySelector("li.account:not([hidden])");
      if (!unit.hidden) unit.querySelector(":scope > details").open = true;
    }
    for (const section of sections) section.hidden = !section.querySelector("[data-search]:not([hidden])");
    const say = (number, one, many) => `${number} ${number === 1 ? one : many}`;
    found.textContent =
      `${say(counts.account, "account", "accounts")}, ${say(counts.policy, "policy", "policies")}, ` +
      say(counts.row, "line of the tables", "lines of the tables");
  }

  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.matches("details")) {
      if (target.hidden) {
        field.value = "";
        search();
      }
      target.open = true;
      target.querySelector("summary").focus();
      target.scrollIntoView();
    }
  }

  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      search();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input")) {
      event.preventDefault();
      field.focus();
    }
  });
  document.getElementById("open-all").addEventListener("click", () => branches.forEach((each) => (each.open = true)));
  document.getElementById("close-all").addEventListener("click", () => branches.forEach((each) => (each.open = false)));
  window.addEventListener("hashchange", reveal);
  reveal();
})();
