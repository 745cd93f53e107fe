// What the figures show follows the state.
Object.assign(didymos.Views.prototype, {
  drawColours() {
    const layer = this.layer();
    this.shownLayer = layer;
    const selected = {any: this.anySelected(), of: this.selectedAs, colours: Object.values(this.colours)};
    const colours = didymos.coloursOf(layer, this.palettes[layer.palette], selected);
    this.drawMap("map", colours);
    if (this.plane && this.state.beside === didymos.EMBEDDING) this.drawPlane(colours);
    this.besideLayer = this.state.beside === didymos.EMBEDDING ? null : this.layer(this.state.beside);
    if (this.besideLayer) {
      const {palette} = this.besideLayer;
      this.drawMap("second", didymos.coloursOf(this.besideLayer, this.palettes[palette], selected));
    }
    const slice = this.plots.spectra.select("slice")[0];
    slice.setv({location: this.spectra.energy[this.state.energy], visible: [this.state.layer, this.state.beside].includes(didymos.SLICE)});
  },

  drawMap(name, colours) {
    const pixels = didymos.pixelsOf(this.picture.place, colours);
    didymos.setImage(this.source(name, `${name}_image`), pixels, this.picture.shape, this.picture);
  },

  // Show a part of the map to scale: where the panel has another shape, more of the map is seen.
  frame(box) {
    const plot = this.plots.map, {inner_width: across, inner_height: up} = plot;
    this.box = box;
    if (!across || !up) return;
    const [width, height] = [box.right - box.left, box.top - box.bottom];
    const scale = this.isLine() ? null : Math.max(width / across, height / up);
    const half = (size, pixels) => (scale === null ? size : scale * pixels) / 2;
    const [x, y] = [(box.left + box.right) / 2, (box.bottom + box.top) / 2];
    plot.x_range.setv({start: x - half(width, across), end: x + half(width, across)});
    plot.y_range.setv({start: y - half(height, up), end: y + half(height, up)});
  },

  frameAll() {
    const {left, bottom, width, height} = this.picture;
    this.frame({left, right: left + width, bottom, top: bottom + height});
  },

  isLine() { return this.plots.map.left[0].visible === false; },

  drawPlane(colours) {
    const order = this.order(), {plane} = this;
    if (order.length > didymos.CROWDED) {
      const {x_range: across, y_range: up} = this.plots.embedding;
      const box = {left: across.start, bottom: up.start, width: across.end - across.start, height: up.end - up.start};
      const pixels = didymos.pixelsOfPlane(plane, order, colours, box, 512);
      didymos.setImage(this.source("embedding", "embedding_image"), pixels, [512, 512], box);
      return;
    }
    didymos.setColumns(this.source("embedding", "embedding_marks"), this.marks(plane, order, colours));
  },

  // The columns of the marks of some places in a plane.
  marks(plane, order, colours) {
    const any = this.anySelected(), size = order.length > 3000 ? 4 : 6;
    return {
      x: order.map((i) => plane.x[i]), y: order.map((i) => plane.y[i]), size: order.map(() => size),
      colour: order.map((i) => `rgb(${colours[4 * i]},${colours[4 * i + 1]},${colours[4 * i + 2]})`),
      line: order.map((i) => (any && this.selectedAs[i] ? "#1a1a1a" : "rgba(26,26,26,0.25)")),
      opacity: order.map((i) => colours[4 * i + 3] / 255),
    };
  },

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
  },

  drawPoint() {
    const {point} = this.state, at = (x, y) => (point < 0 ? {x: [], y: []} : {x: [x[point]], y: [y[point]]});
    for (const name of didymos.MAPS) didymos.setColumns(this.source(name, `${name}_point`), at(this.places.x, this.places.y));
    if (this.plane) didymos.setColumns(this.source("embedding", "embedding_point"), at(this.plane.x, this.plane.y));
  },

  drawOutlines() {
    for (const figure of [...didymos.FIGURES, "second"].filter((name) => this.plots[name])) {
      const home = figure === "second" ? "map" : figure;
      const drawn = Object.entries(this.state.selections).flatMap(([name, selection]) =>
        selection.polygons.filter((p) => p.figure === home).map((p) => ({...p, colour: this.colours[name]})));
      const columns = {x: drawn.map((p) => p.x), y: drawn.map((p) => p.y), colour: drawn.map((p) => p.colour)};
      didymos.setColumns(this.source(figure, `outlines_${figure}`), columns);
    }
  },

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
    drawn.difference = pair && didymos.differenceOf(...pair, energy);
    for (const [name, line] of Object.entries(drawn)) this.drawLine(name, line, energy);
    this.fit(Object.values(drawn).filter(Boolean));
  },

  // Fit the range of the signal to the spectra that are drawn, unless somebody has zoomed.
  fit(lines) {
    const range = this.plots.spectra.y_range, fitted = this.fitted;
    if (fitted && (range.start !== fitted.start || range.end !== fitted.end) && !this.unzoomed) return;
    this.unzoomed = false;
    // the band of one line alone is seen as a whole; beside others it would press the lines together
    const band = lines.length === 1 && lines[0].spread, edges = band ? [-1, 1] : [0];
    const heights = (line) => edges.flatMap((sign) => Array.from(line.mean, (value, e) => value + (band ? sign * (band[e] || 0) : 0)));
    const values = lines.flatMap(heights).filter(Number.isFinite);
    if (!values.length) return;
    const low = Math.min(...values), high = Math.max(...values), margin = 0.06 * (high - low) || 1;
    this.fitted = {start: low - margin, end: high + margin};
    range.setv(this.fitted);
  },

  drawLine(name, line, x) {
    const plot = this.plots.spectra, band = plot.select(`band_${name}`)[0];
    const at = line?.energy ?? x;
    didymos.setColumns(plot.select(`line_${name}`)[0], line ? {x: at, y: Array.from(line.mean)} : {x: [], y: []});
    if (!band) return;
    const edge = (sign) => Array.from(line.mean, (value, e) => value + sign * line.spread[e]);
    didymos.setColumns(band, line?.spread ? {x: at, low: edge(-1), high: edge(1)} : {x: [], low: [], high: []});
  },
});
