// What is shown, and how the figures follow it.
didymos.NAMES = {[-1]: "missing", 0: "majority", 1: "transition", 2: "minority", 3: "artefact"};
didymos.FIGURES = ["map", "embedding"];  // where a selection can lie
didymos.MAPS = ["map", "second"];
didymos.EMBEDDING = "embedding";
didymos.CROWDED = 20000;  // more places than this are a picture in the embedding
didymos.SLICE = "slice";

didymos.Views = class {
  constructor(data, plots) {
    const decoded = didymos.decodedPart;
    this.places = decoded(data.places);
    this.picture = decoded(data.picture);
    this.spectra = decoded(data.spectra);
    this.plane = null;
    const count = Int32Array.from({length: this.places.count}, (_, i) => i);
    this.places.index ??= count;
    this.picture.place ??= count;
    this.spectra.place ??= count;
    this.spectra.nearest ??= count;
    this.colours = data.selections;
    this.plots = plots;
    this.layers = new Map();
    this.spacing = this._spacing();
    this.palettes = {};
    this.exact = {};
    this.findings(data);
    this.listeners = [];
    this.pending = new Set();
    this.state = {
      layer: this.layers.has("score") ? "score" : this.layers.keys().next().value,
      energy: this._telling(), thresholds: null, radius: 0, point: -1, pinned: false, selections: {}, active: "A",
      difference: null, hidden: [], beside: this.plane ? didymos.EMBEDDING : "region",
    };
    this._select();
    this.refresh("all");
  }

  // Take up what an analysis or a lesson found.
  findings(data) {
    const decoded = didymos.decodedPart;
    Object.assign(this.palettes, data.palettes);
    for (const layer of data.layers) this.addLayer({...layer, values: didymos.decode(layer.values)});
    if (data.embedding) this.plane = decoded(data.embedding);
    this.given = Object.fromEntries(Object.entries(data.regions).map(([k, v]) => [k, decoded(v)]));
    this.defects = data.defects && decoded(data.defects);
    this.analysed = data.thresholds;
    this.asAnalysed = this.layers.get("region")?.values;
    this.region = this.asAnalysed;
  }

  // Show something newly learnt: the thresholds are those of the new analysis.
  learn(data) {
    this.findings(data);
    const there = (name) => this.layers.has(name) || name === didymos.SLICE || name === didymos.EMBEDDING;
    if (!there(this.state.layer)) this.state.layer = "score";
    if (!there(this.state.beside)) this.state.beside = this.plane ? didymos.EMBEDDING : "score";
    this.state.thresholds = null;
    const plot = this.plots.embedding;
    if (plot && data.embedding) {
      const {box, xLabel, yLabel} = data.embedding;
      plot.x_range.setv({start: box[0], end: box[1]});
      plot.y_range.setv({start: box[2], end: box[3]});
      plot.below[0].axis_label.text = xLabel;
      plot.left[0].axis_label.text = yLabel;
    }
    this._select();
    this.refresh("all");
  }

  // Replace the average of a selection by one over all spectra, at all energies.
  setExact(name, found) {
    this.exact[name] = {...found, key: JSON.stringify(this.state.selections[name])};
    this.refresh("selections");
  }

  addLayer(layer) { this.layers.set(layer.name, layer); }

  // Change the state and draw what depends on the change, once a frame.
  set(changes) {
    Object.assign(this.state, changes);
    if ("thresholds" in changes) this._divide();
    if ("selections" in changes) this._select();
    for (const name of Object.keys(changes)) this.refresh(name);
  }

  refresh(what) {
    this.pending.add(what);
    if (this.pending.size > 1) return;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    const what = this.pending;
    this.pending = new Set();
    const has = (...names) => what.has("all") || names.some((name) => what.has(name));
    if (has("layer", "energy", "thresholds", "selections", "layers", "beside")) this.drawColours();
    if (has("point", "pinned")) this.drawPoint();
    if (has("selections")) this.drawOutlines();
    this.drawSpectra(has);
    for (const listener of this.listeners) listener(this, has);
  }

  // The layer of a map, with the regions or the energy of the moment.
  layer(name = this.state.layer) {
    if (name === didymos.SLICE) return this.slice();
    const layer = this.layers.get(name);
    return layer.name === "region" ? {...layer, values: this.region} : layer;
  }

  slice() {
    const {nearest} = this.spectra, values = new Float32Array(this.places.count);
    for (let i = 0; i < values.length; i++) values[i] = didymos.valueAt(this.spectra, nearest[i], this.state.energy);
    const [low, high] = didymos.limits(values), [title, units] = didymos.labelParts(this.spectra.signalLabel);
    const at = `${didymos.shown(this.spectra.energy[this.state.energy])} ${this.spectra.energyUnits}`.trim();
    return {name: didymos.SLICE, title: `${title} at ${at}`, units, values, low, high, palette: "cividis", groups: []};
  }

  // Average spectra of the regions: as the result has them, or by the thresholds of the moment.
  regionSpectra() {
    const lines = {};
    for (const [name, given] of Object.entries(this.given)) {
      const flag = Number(Object.keys(didymos.NAMES).find((key) => didymos.NAMES[key] === name));
      if (!this.state.thresholds) {
        lines[name] = given.size ? {mean: given.spectrum, count: given.size} : null;
        continue;
      }
      const members = this.withSpectrum((place) => this.region[place] === flag);
      const {mean, count} = didymos.average(this.spectra, members);
      lines[name] = count ? {mean, count} : null;
    }
    return lines;
  }

  selectionSpectrum(name) {
    if (!this.state.selections[name]?.polygons.length) return null;
    if (this.exact[name]?.key === JSON.stringify(this.state.selections[name])) return this.exact[name];
    const found = didymos.average(this.spectra, this.withSpectrum((place) => this.masks[name][place]));
    return found.count ? found : null;
  }

  pointSpectrum() {
    const {point} = this.state;
    if (point < 0) return null;
    const found = didymos.average(this.spectra, this.around(point));
    return found.count ? {mean: found.mean, count: found.count, spread: found.count > 1 ? found.spread : null} : null;
  }

  // The spectra within the chosen radius of a place.
  around(point) {
    const {x, y} = this.places, reach = this.state.radius * this.spacing * 1.0001;
    const own = [this.spectra.nearest[point]].filter((spectrum) => spectrum >= 0);
    if (!reach) return own;
    const inside = (place) => Math.hypot(x[place] - x[point], y[place] - y[point]) <= reach;
    const found = this.withSpectrum(inside);
    return found.length ? found : own;
  }

  withSpectrum(belongs) {
    const found = [], {place} = this.spectra;
    for (let s = 0; s < place.length; s++) if (belongs(place[s])) found.push(s);
    return found;
  }

  addPolygon(figure, polygon, more) {
    const {active, selections} = this.state, kept = more ? selections[active]?.polygons ?? [] : [];
    const polygons = [...kept, {figure, ...didymos.simplified(polygon)}];
    this.set({selections: {...selections, [active]: {polygons}}});
  }

  clear(name) {
    const {[name]: gone, ...selections} = this.state.selections;
    this.set({selections});
  }

  anySelected() { return Object.values(this.state.selections).some((s) => s.polygons.length); }

  // Which places belong to every selection, and to which one a place shows.
  _select() {
    this.masks = {};
    this.selectedAs = new Uint8Array(this.places.count);
    Object.keys(this.colours).forEach((name, row) => {
      const mask = new Uint8Array(this.places.count);
      for (const polygon of this.state.selections[name]?.polygons ?? []) {
        const {x, y} = this.positions(polygon.figure);
        didymos.inside(polygon, x, y).forEach((one, i) => { if (one) mask[i] = 1; });
      }
      mask.forEach((one, i) => { if (one) this.selectedAs[i] = row + 1; });
      this.masks[name] = mask;
    });
  }

  // Where the places lie in a figure.
  positions(figure) { return figure === "map" ? this.places : this.plane; }

  _divide() {
    const {thresholds} = this.state, score = this.layers.get("score").values;
    this.region = thresholds ? didymos.regionsBy(score, this.asAnalysed, thresholds) : this.asAnalysed;
  }

  // The distance of neighbours, where the points were evenly spread.
  _spacing() {
    const {width, height, shape} = this.picture, rows = this.places.rows, columns = this.places.columns;
    if (columns > 1) return width / columns;
    if (shape[0] === 1) return width / Math.max(rows, 1);
    return Math.sqrt((width * height) / this.places.points);
  }

  // The energy at which minority and majority differ most, else the middle.
  _telling() {
    const {majority, minority} = this.given, energies = this.spectra.energy.length;
    if (!majority?.size || !minority?.size) return Math.floor(energies / 2);
    const apart = Array.from(majority.spectrum, (value, e) => Math.abs(value - minority.spectrum[e]) || 0);
    return apart.indexOf(Math.max(...apart));
  }

  source(figure, name) { return this.plots[figure].select(name)[0]; }
};

// Return values at other energies, on straight lines between the known ones.
didymos.interpolated = (energy, values, wanted) => {
  let low = 0;
  return Array.from(wanted, (at) => {
    while (low < energy.length - 2 && energy[low + 1] < at) low++;
    const share = (at - energy[low]) / (energy[low + 1] - energy[low]);
    return values[low] + Math.min(Math.max(share, 0), 1) * (values[low + 1] - values[low]);
  });
};

// Return the difference of two average spectra and its standard error, at the energies of the first.
didymos.differenceOf = (one, other, energies) => {
  const [from, to] = [other.energy ?? energies, one.energy ?? energies];
  const at = (values) => (from === to ? values : didymos.interpolated(from, values, to)), subtracted = at(other.mean);
  const mean = Array.from(one.mean, (value, e) => value - subtracted[e]);
  if (!one.spread || !other.spread) return {mean, energy: one.energy};
  const spread = at(other.spread);
  const error = (e) => Math.sqrt(one.spread[e] ** 2 / one.count + spread[e] ** 2 / other.count);
  return {mean, energy: one.energy, spread: mean.map((_, e) => error(e))};
};

// Return name and unit of a label "name (unit)".
didymos.labelParts = (label) => {
  const found = /^(.*) \(([^()]*)\)$/.exec(label);
  return found ? [found[1], found[2]] : [label, ""];
};

// Decode the arrays in a part of the data.
didymos.decodedPart = (part) =>
  Object.fromEntries(Object.entries(part).map(([k, v]) => [k, v && v.bytes !== undefined ? didymos.decode(v) : v]));

// List the layers in the menus.
didymos.fillLayers = (views) => {
  const option = (value, textContent) => Object.assign(document.createElement("option"), {value, textContent});
  const entries = () => [...[...views.layers.values()].map((layer) => option(layer.name, layer.title)),
                         option(didymos.SLICE, "signal at one energy")];
  const [map, beside] = [didymos.element("layer"), didymos.element("beside")];
  map.replaceChildren(...entries());
  beside.replaceChildren(...(views.plane ? [option(didymos.EMBEDDING, "embedding")] : []), ...entries());
  [map.value, beside.value] = [views.state.layer, views.state.beside];
};
