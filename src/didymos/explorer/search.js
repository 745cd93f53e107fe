// Find all like a spectrum, analyse again, and exact averages from the explorer.
didymos.Search = class {
  constructor(views, teach, talk) {
    Object.assign(this, {views, teach, talk, ranked: [], rank: -1, asked: {}});
    this.el = teach.el;
    const on = (name, act, event = "click") => this.el(name).addEventListener(event, act);
    on("alike", () => this.find({points: [views.places.index[views.state.point]]}));
    on("find", () => this.find({text: this.el("text").value}));
    on("file", () => this.load(), "change");
    on("next", () => this.next());
    on("retrain", () => this.retrain());
    views.listeners.push((_, has) => { if (has("selections")) this.averages(); });
  }

  async find(given) {
    try {
      const answer = await this.talk.ask("alike", given);
      this.views.addLayer({...answer.layer, values: didymos.decode(answer.layer.values)});
      didymos.fillLayers(this.views);
      Object.assign(this, {ranked: answer.ranked, rank: -1});
      this.el("next").disabled = !this.ranked.length;
      this.views.set({layer: "alike"});
      this.teach.say(`The map shows the similarity; the ${this.ranked.length} most similar spectra are ranked.`);
    } catch (error) {
      this.teach.say(error.message, true);
    }
    this.teach.progress("", null);
  }

  next() {
    this.rank = (this.rank + 1) % this.ranked.length;
    this.teach.show(this.ranked[this.rank]);
    this.teach.say(`Rank ${this.rank + 1} of ${this.ranked.length}.`);
  }

  async load() {
    const file = this.el("file").files[0];
    if (file) this.el("text").value = await file.text();
  }

  async retrain() {
    const number = this.el("threshold").value.trim();
    const settings = {metric: this.el("metric").value, similarity: this.el("similarity").value,
                      threshold: number === "auto" ? "auto" : Number(number)};
    await this.teach.change("retrain", {settings});
  }

  // The averages of the page are over what the page holds: the exact ones follow.
  async averages() {
    for (const [name, selection] of Object.entries(this.views.state.selections)) {
      const key = JSON.stringify(selection);
      if (this.asked[name] === key) continue;
      this.asked[name] = key;
      try {
        const found = await this.talk.ask("average", {polygons: selection.polygons});
        if (JSON.stringify(this.views.state.selections[name]) === key && found.count) this.views.setExact(name, found);
      } catch (error) {
        this.teach.say(error.message, true);
      }
    }
  }
};
