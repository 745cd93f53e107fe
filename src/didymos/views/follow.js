// The controls, the legends and the line of text follow the state.
Object.assign(didymos.Controls.prototype, {
  // Show the state in the controls, the legends and the line of text.
  follow(has) {
    const {views, el} = this, {state} = views;
    if (has("layer", "energy", "beside")) {
      el("layer").value = state.layer;
      el("beside").value = state.beside;
      const embedded = state.beside === didymos.EMBEDDING;
      if (el("embedding")) el("embedding").hidden = !embedded;
      el("second").hidden = embedded;
      el("energy").value = state.energy;
      el("energy-value").textContent = didymos.shown(views.spectra.energy[state.energy], 4);
    }
    if (has("thresholds") && views.analysed) this.followThresholds();
    if (has("radius")) {
      el("radius").value = state.radius;
      el("radius-value").textContent = `${didymos.shown(state.radius * views.spacing)} ${views.places.units}`.trim();
    }
    if (has("selections", "active")) this.followSelections();
    if (has("layer", "energy", "thresholds", "layers", "beside")) {
      this.colourLegend(el("colours"), views.shownLayer);
      this.colourLegend(el("second-colours"), views.besideLayer);
    }
    this.lineLegend();
    el("status").textContent = this.status();
    this.remember();
  },

  followSelections() {
    const {views: {state}, el} = this, any = this.views.anySelected();
    el("selection").value = state.active;
    for (const name of ["csv", "mask"]) el(name).disabled = !any;
    el("clear").disabled = !state.selections[state.active];
  },

  followThresholds() {
    const [low, high] = this.views.state.thresholds ?? this.views.analysed;
    for (const [name, value] of [["low", low], ["high", high]]) {
      this.el(name).value = Math.round(1000 * value);
      this.el(`${name}-value`).textContent = didymos.shown(value);
    }
    this.el("reset").disabled = !this.views.state.thresholds;
  },

  colourLegend(list, layer) {
    list.replaceChildren(...(layer ? didymos.colourEntries(layer, this.views.palettes[layer.palette]) : []));
  },

  lineLegend() {
    const {views} = this, sizes = {...views.lines}, entries = [];
    for (const [name, line] of Object.entries(sizes)) {
      if (!line) continue;
      const entry = document.createElement("li"), box = document.createElement("input"), label = document.createElement("label");
      box.type = "checkbox";
      box.checked = !views.state.hidden.includes(name);
      box.addEventListener("change", () => {
        const others = views.state.hidden.filter((one) => one !== name);
        views.set({hidden: box.checked ? others : [...others, name]});
      });
      const swatch = document.createElement("span");
      swatch.className = `swatch line ${name}`;
      swatch.style.background = views.colours[name] ?? "";
      label.append(box, swatch, `${didymos.lineTitle(views, name)} (${line.count})`);
      entry.append(label);
      entries.push([name, entry]);
    }
    // the pointer moves while a box is ticked: entries that are the same stay
    const wanted = entries.map(([, entry]) => entry.textContent).join("|") + views.state.hidden.join();
    if (wanted === this.listed) return;
    this.listed = wanted;
    this.el("lines").replaceChildren(...entries.map(([, entry]) => entry));
  },

  // The line of text about the point and the selections.
  status() {
    const {views} = this, {state, places} = views, {point} = state;
    if (point < 0) {
      return views.anySelected() ? "" : "Move over a figure to see a spectrum, click to hold it, draw a box or a lasso to select.";
    }
    const value = (name) => views.layers.get(name)?.values[point], spread = value("score_std");
    const parts = [
      didymos.whereabouts(places, point),
      `score ${didymos.shown(value("score"))}` + (Number.isFinite(spread) ? ` ± ${didymos.shown(spread, 2)}` : ""),
      didymos.NAMES[views.region?.[point]] ?? "",
    ];
    const kind = views.layers.get("kind");
    if (kind && kind.values[point] > 0) parts.push(kind.groups.find(([n]) => n === kind.values[point])?.[1] ?? "");
    if (views.shownLayer.name === didymos.SLICE) {
      parts.push(`${views.shownLayer.title}: ${didymos.shown(views.shownLayer.values[point])} ${views.shownLayer.units}`);
    }
    const averaged = views.lines?.point?.count ?? 0;
    if (averaged > 1) parts.push(`average of ${averaged} spectra`);
    return parts.filter(Boolean).join(" · ");
  },
});

// Return what a line of the spectra is called.
didymos.lineTitle = (views, name) =>
  name in views.colours ? `selection ${name}` : {point: "this point", average: "average of the map"}[name] ?? name;

// Return an entry of a legend: a colour and what it means.
didymos.swatchEntry = (colour, text) => {
  const swatch = document.createElement("span"), entry = document.createElement("li");
  swatch.className = "swatch";
  swatch.style.background = colour;
  entry.append(swatch, text);
  return entry;
};

// Return the entries of the legend of a layer: the groups that occur, or a bar between its ends.
didymos.colourEntries = (layer, palette) => {
  if (layer.groups.length) {
    const counts = new Map();
    for (const value of layer.values) counts.set(value, (counts.get(value) ?? 0) + 1);
    const present = layer.groups.filter(([number]) => counts.get(number));
    return present.map(([number, name, colour]) => didymos.swatchEntry(colour, `${name} (${counts.get(number)})`));
  }
  const bar = document.createElement("li");
  bar.className = "bar";
  bar.style.background = `linear-gradient(to right, ${palette.filter((_, i) => i % 15 === 0).join(",")})`;
  const end = (value) => Object.assign(document.createElement("li"), {textContent: didymos.shown(value)});
  const high = end(layer.high);
  if (layer.units) high.append(` ${layer.units}`);
  return [end(layer.low), bar, high];
};

// Return where a place is, in words; along a line there is one number.
didymos.whereabouts = (places, place) => {
  const unit = places.units ? ` ${places.units}` : "";
  const at = (label, values) => `${didymos.labelParts(label)[0]} = ${didymos.shown(values[place], 4)}${unit}`;
  return [at(places.xLabel, places.x), ...(places.yLabel ? [at(places.yLabel, places.y)] : [])].join(", ");
};
