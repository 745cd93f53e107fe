// Marks of the user, and what the twins learnt from them.
didymos.RESERVED = {majority: "#0072b2", other: "#1a1a1a", artefact: "#cc79a7"};
didymos.CHANGING = ["score", "region", "kind", "score_std", "distance"];

didymos.Teach = class {
  constructor(views, controls, talk) {
    Object.assign(this, {views, controls, talk, marks: [], doubtful: [], asked: -1});
    this.el = (name) => document.getElementById(`teach-${name}`);
    this.placeOf = new Map(Array.from(views.places.index, (point, place) => [point, place]));
    const pin = controls.pin.bind(controls);
    controls.pin = (place) => {
      if (place >= 0 && this.label() !== null) this.mark([place], this.label());
      else pin(place);
    };
    talk.onProgress = (text, share) => this.progress(text, share);
    talk.onClose = () => this.say("The explorer has ended: start it again and reload this page.", true);
    views.listeners.push(() => this.follow());
    this.listen();
  }

  // The label that a click gives, null where it only holds a point.
  label() {
    const value = document.querySelector("input[name='teach-label']:checked").value;
    if (value !== "kind") return value || null;
    return this.el("kind").value.trim() || "kind A";
  }

  listen() {
    const on = (name, act, event = "click") => this.el(name).addEventListener(event, act);
    on("point", () => this.mark([this.views.state.point], this.label() ?? this.el("kind").value));
    on("selection", () => this.mark(this.selected(), this.label() ?? this.el("kind").value));
    on("undo", () => this.change("undo"));
    on("redo", () => this.change("redo"));
    on("evidence", () => this.change("evidence", {on: this.el("evidence").checked}), "change");
    on("ask", () => this.askNext());
    on("save", () => this.save());
    // writing a name means that clicks give it
    on("kind", () => { document.querySelector("input[name='teach-label'][value='kind']").checked = true; }, "focus");
    document.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const typing = event.target.matches("input[type='text'], textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const {point} = this.views.state, labels = {k: this.el("kind").value, m: "majority", n: "other", c: "artefact"};
    if (event.key in labels && point >= 0) this.mark([point], labels[event.key]);
    else if (event.key === "u") this.change("undo");
    else if (event.key === "d") this.askNext();
  }

  selected() {
    const mask = this.views.masks[this.views.state.active], found = [];
    mask.forEach((one, place) => { if (one) found.push(place); });
    return found;
  }

  mark(places, label) {
    const points = places.filter((place) => place >= 0).map((place) => this.views.places.index[place]);
    if (points.length) return this.change("mark", {points, label});
  }

  unmark(point) { return this.change("mark", {points: [point], label: null}); }

  // Ask for a change and show what came of it.
  async change(what, given = {}) {
    try {
      this.take(await this.talk.ask(what, given));
    } catch (error) {
      this.say(error.message, true);
    }
    this.progress("", null);
  }

  // Show an answer: marks, and what the twins learnt.
  take(answer) {
    if (answer.marks) {
      this.marks = answer.marks;
      this.el("undo").disabled = !answer.canUndo;
      this.el("redo").disabled = !answer.canRedo;
      this.el("evidence").checked = answer.onEvidence;
      const {metric, similarity, threshold} = answer.settings;
      this.el("metric").value = metric;
      this.el("similarity").value = similarity === "threshold" ? similarity : "evidence";
      this.el("threshold").value = threshold;
    }
    if (answer.doubtful) Object.assign(this, {doubtful: answer.doubtful, asked: -1});
    if (answer.findings) this.learn(answer.findings);
    this.drawMarks();
    this.listMarks();
    if (answer.waiting) this.say(answer.waiting);
    else if (this.marks.length) {
      const seconds = answer.seconds === undefined ? "" : ` in ${didymos.shown(answer.seconds)} s`;
      this.say(`Trained on ${this.marks.length} examples${seconds}.`);
    } else this.say("No examples yet: choose what a click means, then click on spectra.");
    this.el("ask").disabled = !this.doubtful.length;
    this.el("doubt").textContent = this.doubtful.length ? `${this.doubtful.length} to ask about (key d)` : "";
    this.views.refresh("marks");
  }

  learn(findings) {
    const {views} = this;
    for (const name of didymos.CHANGING) {
      const layer = views.layers.get(name);
      // what the analysis said stays beside what was learnt
      if (layer && (name === "score" || name === "region") && !views.layers.has(`${name}_before`)) {
        views.addLayer({...layer, name: `${name}_before`, title: `${layer.title} before the examples`});
      }
      views.layers.delete(name);
    }
    views.learn(findings);
    didymos.fillLayers(views);
    this.listDefects();
  }

  colourOf(label) {
    const group = this.views.layers.get("kind")?.groups.find(([, name]) => name === label);
    return didymos.RESERVED[label] ?? group?.[2] ?? "#117733";
  }

  drawMarks() {
    const {views} = this, placed = this.marks.map(([point, label]) => [this.placeOf.get(point), this.colourOf(label)])
      .filter(([place]) => place !== undefined);
    const columns = ({x, y}) => ({
      x: placed.map(([place]) => x[place]), y: placed.map(([place]) => y[place]), colour: placed.map(([, colour]) => colour),
    });
    for (const name of didymos.MAPS) didymos.setColumns(views.source(name, `examples_${name}`), columns(views.places));
    if (views.plane) didymos.setColumns(views.source("embedding", "examples_embedding"), columns(views.plane));
  }

  listMarks() {
    this.el("marks").replaceChildren(...this.marks.map(([point, label]) => {
      const entry = document.createElement("li"), swatch = document.createElement("span");
      const go = document.createElement("button"), gone = document.createElement("button");
      swatch.className = "swatch";
      swatch.style.background = this.colourOf(label);
      Object.assign(go, {type: "button", textContent: label, title: "show this point"});
      Object.assign(gone, {type: "button", textContent: "×"});
      gone.setAttribute("aria-label", `take ${label} away`);
      go.addEventListener("click", () => this.show(point));
      gone.addEventListener("click", () => this.unmark(point));
      entry.append(swatch, go, gone);
      return entry;
    }));
  }

  listDefects() {
    const {defects, layers} = this.views, count = defects ? defects.x.length : 0, kind = layers.get("kind");
    const rows = Array.from({length: Math.min(count, 200)}, (_, i) => {
      const row = document.createElement("tr"), first = document.createElement("td"), go = document.createElement("button");
      Object.assign(go, {type: "button", textContent: String(i + 1)});
      go.setAttribute("aria-label", `show defect ${i + 1}`);
      go.addEventListener("click", () => this.controls.showDefect(i));
      first.append(go);
      const named = kind?.groups.find(([number]) => number === defects.kind?.[i])?.[1] ?? "";
      const cells = ["x", "y", "extent", "spectra"].map((name) => didymos.shown(defects[name][i], 4));
      row.append(first, ...[...cells, named, didymos.shown(defects.score[i])].map((text) =>
        Object.assign(document.createElement("td"), {textContent: text})));
      return row;
    });
    this.el("defects").replaceChildren(...rows);
  }

  // Hold a point of the map, by its number.
  show(point) {
    const place = this.placeOf.get(point);
    if (place !== undefined) this.views.set({point: place, pinned: true});
  }

  askNext() {
    if (!this.doubtful.length) return;
    this.asked = (this.asked + 1) % this.doubtful.length;
    this.show(this.doubtful[this.asked]);
    this.say(`Point ${this.asked + 1} of ${this.doubtful.length} in doubt: what is it? Keys: k this kind, m majority, n not this, c corrupted.`);
  }

  async save() {
    try {
      const answer = await this.talk.ask("save", {view: this.controls.link()});
      this.say(`Saved in ${answer.saved}.`);
    } catch (error) {
      this.say(error.message, true);
    }
    this.progress("", null);
  }

  follow() {
    this.el("point").disabled = this.views.state.point < 0;
    this.el("alike").disabled = this.views.state.point < 0;
    this.el("selection").disabled = !this.views.state.selections[this.views.state.active];
  }

  say(text, wrong = false) {
    this.el("message").textContent = text;
    this.el("message").classList.toggle("wrong", wrong);
  }

  progress(text, share) {
    this.el("progress").hidden = share === null;
    if (share !== null) this.el("progress").value = share;
    if (text) this.say(`${text} …`);
  }
};
