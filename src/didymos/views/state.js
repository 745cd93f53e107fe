// What is shown, and how the figures follow it.
didymos.NAMES = {[-1]: "missing", 0: "majority", 1: "transition", 2: "minority", 3: "artefact"};
didymos.FIGURES = ["map", "embedding"];
didymos.CROWDED = 20000;  // more places than this are a picture in the embedding
didymos.SLICE = "slice";

didymos.Views = class {
  constructor(data, plots) {
    const decoded = (part) =>
      Object.fromEntries(Object.entries(part).map(([k, v]) => [k, v && v.bytes !== undefined ? didymos.decode(v) : v]));
    this.places = decoded(data.places);
    this.picture = decoded(data.picture);
    this.spectra = decoded(data.spectra);
    this.plane = data.embedding && decoded(data.embedding);
    const count = Int32Array.from({length: this.places.count}, (_, i) => i);
    this.places.index ??= count;
    this.picture.place ??= count;
    this.spectra.place ??= count;
    this.spectra.nearest ??= count;
    this.palettes = data.palettes;
    this.colours = data.selections;
    this.given = Object.fromEntries(Object.entries(data.regions).map(([k, v]) => [k, decoded(v)]));
    this.defects = data.defects && decoded(data.defects);
    this.plots = plots;
    this.layers = new Map();
    for (const layer of data.layers) this.addLayer({...layer, values: didymos.decode(layer.values)});
    this.spectrumOf = new Int32Array(this.places.count).fill(-1);
    this.spectra.place.forEach((place, spectrum) => { this.spectrumOf[place] = spectrum; });
    this.analysed = data.thresholds;
    this.asAnalysed = this.layers.get("region")?.values;
    this.region = this.asAnalysed;
    this.spacing = this._spacing();
    this.listeners = [];
    this.pending = new Set();
    this.state = {
      layer: this.layers.has("score") ? "score" : this.layers.keys().next().value,
      energy: this._telling(), thresholds: null, radius: 0, point: -1, pinned: false, selections: {}, active: "A",
      difference: null, hidden: [],
    };
    this._select();
    this.refresh("all");
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
    if (has("layer", "energy", "thresholds", "selections", "layers")) this.drawColours();
    if (has("point", "pinned")) this.drawPoint();
    if (has("selections")) this.drawOutlines();
    this.drawSpectra(has);
    for (const listener of this.listeners) listener(this, has);
  }

  // The layer that is shown, with the regions or the energy of the moment.
  layer() {
    if (this.state.layer === didymos.SLICE) return this.slice();
    const layer = this.layers.get(this.state.layer);
    return layer.name === "region" ? {...layer, values: this.region} : layer;
  }

  slice() {
    const {nearest} = this.spectra, values = new Float32Array(this.places.count);
    for (let i = 0; i < values.length; i++) values[i] = didymos.valueAt(this.spectra, nearest[i], this.state.energy);
    const [low, high] = didymos.limits(values), [title, units] = didymos.labelParts(this.spectra.signalLabel);
    const at = `${didymos.shown(this.spectra.energy[this.state.energy])} ${this.spectra.energyUnits}`.trim();
    return {name: didymos.SLICE, title: `${title} at ${at}`, units, values, low, high, palette: "cividis", groups: []};
  }

  drawColours() {
    const layer = this.layer();
    this.shownLayer = layer;
    const selected = {any: this.anySelected(), of: this.selectedAs, colours: Object.values(this.colours)};
    const colours = didymos.coloursOf(layer, this.palettes[layer.palette], selected);
    this.placeColours = colours;
    const pixels = didymos.pixelsOf(this.picture.place, colours);
    didymos.setImage(this.source("map", "map_image"), pixels, this.picture.shape, this.picture);
    if (this.plane) this.drawPlane(colours, selected);
    const slice = this.plots.spectra.select("slice")[0];
    slice.setv({location: this.spectra.energy[this.state.energy], visible: this.state.layer === didymos.SLICE});
  }

  drawPlane(colours, selected) {
    const order = this.order(), {plane} = this;
    if (order.length > didymos.CROWDED) {
      const {x_range: across, y_range: up} = this.plots.embedding;
      const box = {left: across.start, bottom: up.start, width: across.end - across.start, height: up.end - up.start};
      const pixels = didymos.pixelsOfPlane(plane, order, colours, box, 512);
      didymos.setImage(this.source("embedding", "embedding_image"), pixels, [512, 512], box);
      return;
    }
    const pick = (values) => order.map((i) => values[i]);
    const size = order.length > 3000 ? 4 : 6;
    didymos.setColumns(this.source("embedding", "embedding_marks"), {
      x: pick(plane.x), y: pick(plane.y), size: order.map(() => size),
      colour: order.map((i) => `rgb(${colours[4 * i]},${colours[4 * i + 1]},${colours[4 * i + 2]})`),
      line: order.map((i) => (selected.any && selected.of[i] ? "#1a1a1a" : "rgba(26,26,26,0.25)")),
      opacity: order.map((i) => colours[4 * i + 3] / 255),
    });
  }

  // Places in the order in which the embedding draws them: what is rare and what is selected comes last.
  order() {
    const {x} = this.plane, score = this.layers.get("score").values, rank = new Float32Array(x.length);
    const known = [];
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(x[i])) continue;
      known.push(i);
      rank[i] = (this.selectedAs[i] ? 2 : 0) + (Number.isFinite(score[i]) ? score[i] : 0);
    }
    return known.sort((a, b) => rank[a] - rank[b]);
  }

  drawPoint() {
    const {point} = this.state, at = (x, y) => (point < 0 ? {x: [], y: []} : {x: [x[point]], y: [y[point]]});
    didymos.setColumns(this.source("map", "map_point"), at(this.places.x, this.places.y));
    if (this.plane) didymos.setColumns(this.source("embedding", "embedding_point"), at(this.plane.x, this.plane.y));
  }

  drawOutlines() {
    for (const figure of didymos.FIGURES.filter((name) => this.plots[name])) {
      const drawn = Object.entries(this.state.selections).flatMap(([name, selection]) =>
        selection.polygons.filter((p) => p.figure === figure).map((p) => ({...p, colour: this.colours[name]})));
      const columns = {x: drawn.map((p) => p.x), y: drawn.map((p) => p.y), colour: drawn.map((p) => p.colour)};
      didymos.setColumns(this.source(figure, `outlines_${figure}`), columns);
    }
  }

  // Spectra by the name of their line: what the legend lists and the figure shows.
  drawSpectra(has) {
    this.lines ??= {};
    if (has("thresholds")) Object.assign(this.lines, this.regionSpectra());
    if (has("selections")) {
      for (const name of Object.keys(this.colours)) this.lines[name] = this.selectionSpectrum(name);
    }
    if (has("point", "radius")) this.lines.point = this.pointSpectrum();
    if (!has("thresholds", "selections", "point", "radius", "difference", "hidden")) return;
    const {difference, hidden} = this.state, {energy} = this.spectra;
    const both = difference?.map((name) => this.lines[name]);
    const pair = both && both.every(Boolean) ? both : null, drawn = {};
    for (const [name, line] of Object.entries(this.lines)) {
      drawn[name] = !pair && line && !hidden.includes(name) ? line : null;
    }
    drawn.difference = pair && didymos.differenceOf(...pair);
    for (const [name, line] of Object.entries(drawn)) this.drawLine(name, line, energy);
    this.fit(Object.values(drawn).filter(Boolean));
  }

  // Fit the range of the signal to the spectra that are drawn, unless somebody has zoomed.
  fit(lines) {
    const range = this.plots.spectra.y_range, fitted = this.fitted;
    if (fitted && (range.start !== fitted.start || range.end !== fitted.end) && !this.unzoomed) return;
    this.unzoomed = false;
    const values = lines.flatMap((line) => Array.from(line.mean)).filter(Number.isFinite);
    if (!values.length) return;
    const low = Math.min(...values), high = Math.max(...values), margin = 0.06 * (high - low) || 1;
    this.fitted = {start: low - margin, end: high + margin};
    range.setv(this.fitted);
  }

  drawLine(name, line, x) {
    const plot = this.plots.spectra, band = plot.select(`band_${name}`)[0];
    didymos.setColumns(plot.select(`line_${name}`)[0], line ? {x, y: Array.from(line.mean)} : {x: [], y: []});
    if (!band) return;
    const edge = (sign) => Array.from(line.mean, (value, e) => value + sign * line.spread[e]);
    didymos.setColumns(band, line?.spread ? {x, low: edge(-1), high: edge(1)} : {x: [], low: [], high: []});
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
    const number = Object.keys(this.colours).indexOf(name) + 1;
    if (!this.state.selections[name]?.polygons.length) return null;
    const found = didymos.average(this.spectra, this.withSpectrum((place) => this.masks[name][place]));
    return found.count ? {...found, number} : null;
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
    if (!reach) return [this.spectra.nearest[point]];
    const inside = (place) => Math.hypot(x[place] - x[point], y[place] - y[point]) <= reach;
    const found = this.withSpectrum(inside);
    return found.length ? found : [this.spectra.nearest[point]];
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
        const {x, y} = polygon.figure === "map" ? this.places : this.plane;
        didymos.inside(polygon, x, y).forEach((one, i) => { if (one) mask[i] = 1; });
      }
      mask.forEach((one, i) => { if (one) this.selectedAs[i] = row + 1; });
      this.masks[name] = mask;
    });
  }

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

  regionSizes() {
    const sizes = {};
    for (const flag of this.region) sizes[didymos.NAMES[flag]] = (sizes[didymos.NAMES[flag]] ?? 0) + 1;
    return sizes;
  }
};

// Return the difference of two average spectra and the standard error of it.
didymos.differenceOf = (one, other) => {
  const mean = Array.from(one.mean, (value, e) => value - other.mean[e]);
  if (!one.spread || !other.spread) return {mean};
  const error = (line, e) => line.spread[e] ** 2 / line.count;
  return {mean, spread: mean.map((_, e) => Math.sqrt(error(one, e) + error(other, e)))};
};

// Return name and unit of a label "name (unit)".
didymos.labelParts = (label) => {
  const found = /^(.*) \(([^()]*)\)$/.exec(label);
  return found ? [found[1], found[2]] : [label, ""];
};
