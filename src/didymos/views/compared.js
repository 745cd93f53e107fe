// Two methods side by side: maps and latent planes of the same spectra.
didymos.SIDES = ["left", "right"];
didymos.AVERAGE = "average";  // the line of the average of the map
didymos.PLANE = "plane:";  // begins the name of the plane of a method, where a selection was drawn

didymos.ComparedViews = class extends didymos.Views {
  constructor(data, plots) {
    // both maps show the same part of the surface: what is framed is framed in the left one
    const known = {layers: [], embedding: null, thresholds: null, regions: {[didymos.AVERAGE]: {}}, defects: null};
    super({...data, ...known}, {...plots, map: plots["left-map"]});
    this.methods = new Map(data.methods.map((method) => [method.name, method]));
    this.planes = data.planes.map((plane) => ({...plane, x: didymos.levels(plane.x), y: didymos.levels(plane.y)}));
    this.groups = data.groups;
    this.truth = data.truth && {...data.truth, values: didymos.decode(data.truth.values)};
    this.corrupted = {is: didymos.decode(data.corrupted.is), colour: data.corrupted.colour};
    const [left, right] = data.sides;
    Object.assign(this.state, {left, right, colour: "score"});
    this.framePlanes();
    this.alignFrames();
  }

  set(changes) {
    super.set(changes);
    const turned = didymos.SIDES.some((side) => side in changes);
    if (turned) this.framePlanes();
    if (turned || "colour" in changes) ["layers", "point", "outlines"].forEach((what) => this.refresh(what));
  }

  draw() {
    const turned = this.pending.has("outlines");
    super.draw();
    if (turned) this.drawOutlines();
  }

  // The plane that one side shows; none where its method has none.
  planeOf(method) { return this.planes[this.methods.get(method).plane ?? -1] ?? null; }

  // Where the places lie in a figure or in the figure that a selection was drawn in.
  positions(figure) {
    if (figure.startsWith(didymos.PLANE)) return this.planeOf(figure.slice(didymos.PLANE.length));
    const [side, kind] = figure.split("-");
    return kind === "plane" ? this.planeOf(this.state[side]) : this.places;
  }

  // The name of what one side shows in a figure, however the methods are arranged.
  nameOf(figure) {
    const [side, kind] = figure.split("-");
    return kind === "plane" ? didymos.PLANE + this.state[side] : "map";
  }

  scoreOf(name) {
    const method = this.methods.get(name);
    method.values ??= didymos.levels(method.score);
    return method.values;
  }

  groupsOf(name) {
    const method = this.methods.get(name);
    if (method.groups && !method.labels) method.labels = didymos.unpaired(didymos.decode(method.groups), this.places.count);
    return method.labels ?? null;
  }

  // What colours one side.
  layerOf(side) {
    const name = this.state[side], {low, high} = this.methods.get(name), {colour} = this.state;
    if (colour === "truth" && this.truth) return this.truth;
    const labels = colour === "group" && this.groupsOf(name);
    if (labels) return {name: "group", title: "groups", values: labels, groups: this.groups, palette: "", units: ""};
    return {name: "score", title: "score", values: this.scoreOf(name), low, high, groups: [], units: "arb. units",
            palette: Object.keys(this.palettes)[0]};
  }

  // Begin with the whole plane of each method.
  framePlanes() {
    for (const side of didymos.SIDES) {
      const plot = this.plots[`${side}-plane`], plane = this.planeOf(this.state[side]);
      if (!plot || !plane || this.framed?.[side] === this.state[side]) continue;
      (this.framed ??= {})[side] = this.state[side];
      plot.x_range.setv({start: plane.box[0], end: plane.box[1]});
      plot.y_range.setv({start: plane.box[2], end: plane.box[3]});
      plot.below[0].axis_label.text = plane.xLabel;
      plot.left[0].axis_label.text = plane.yLabel;
    }
  }

  // Figures above each other begin at the same place: the widest labels give all of them their margin.
  alignFrames() {
    const names = didymos.SIDES.flatMap((side) => [`${side}-map`, `${side}-plane`]);
    const shown = names.map((name) => this.plots[name]).filter(Boolean);
    const margin = (plot) => Math.round(Bokeh.index.get_by_id(plot.id).frame.bbox.left);
    const widest = Math.max(...shown.map(margin));
    for (const plot of shown) if (margin(plot) < widest && plot.min_border_left !== widest) plot.min_border_left = widest;
  }

  // The average of the map, which stands there before anything is pointed at; corrupted spectra do not count.
  regionSpectra() {
    this.average ??= didymos.average(this.spectra, this.withSpectrum((place) => !this.corrupted.is[place]));
    return {[didymos.AVERAGE]: this.average.count ? this.average : null};
  }

  drawColours() {
    const selected = {any: this.anySelected(), of: this.selectedAs, colours: Object.values(this.colours)};
    this.shown = {};
    for (const side of didymos.SIDES) {
      const layer = this.layerOf(side);
      const colours = didymos.coloursOf(layer, this.palettes[layer.palette] ?? [], selected);
      this.paintCorrupted(colours);
      this.shown[side] = {layer, colours};
      const pixels = didymos.pixelsOf(this.picture.place, colours);
      didymos.setImage(this.source(`${side}-map`, "map_image"), pixels, this.picture.shape, this.picture);
      this.drawPlaneOf(side, layer, colours);
    }
  }

  paintCorrupted(colours) {
    const colour = didymos.rgb(this.corrupted.colour);
    this.corrupted.is.forEach((one, i) => { if (one) colours.set(colour, 4 * i); });
  }

  drawPlaneOf(side, layer, colours) {
    if (!this.plots[`${side}-plane`]) return;
    const plane = this.planeOf(this.state[side]), order = plane ? this.orderOf(plane, layer.values) : [];
    didymos.setColumns(this.source(`${side}-plane`, "embedding_marks"), this.marks(plane, order, colours));
  }

  // Places in the order in which a plane draws them: large scores, small groups and the selected come last.
  orderOf(plane, values) {
    const known = [];
    for (let i = 0; i < plane.x.length; i++) if (Number.isFinite(plane.x[i])) known.push(i);
    const above = (i, j) => (this.selectedAs[i] ? 1 : 0) - (this.selectedAs[j] ? 1 : 0);
    return known.sort((i, j) => above(i, j) || values[i] - values[j] || i - j);
  }

  drawPoint() {
    const {point} = this.state;
    for (const side of didymos.SIDES) {
      for (const [kind, source] of [["map", "map_point"], ["plane", "embedding_point"]]) {
        const name = `${side}-${kind}`, where = this.plots[name] && this.positions(name);
        const seen = where && point >= 0 && Number.isFinite(where.x[point]);
        if (this.plots[name]) didymos.setColumns(this.source(name, source), seen ? {x: [where.x[point]], y: [where.y[point]]} : {x: [], y: []});
      }
    }
  }

  drawOutlines() {
    for (const side of didymos.SIDES) {
      for (const [kind, source] of [["map", "outlines_map"], ["plane", "outlines_embedding"]]) {
        if (!this.plots[`${side}-${kind}`]) continue;
        const drawn = Object.entries(this.state.selections).flatMap(([name, selection]) =>
          selection.polygons.filter((p) => p.figure === this.nameOf(`${side}-${kind}`)).map((p) => ({...p, colour: this.colours[name]})));
        const columns = {x: drawn.map((p) => p.x), y: drawn.map((p) => p.y), colour: drawn.map((p) => p.colour)};
        didymos.setColumns(this.source(`${side}-${kind}`, source), columns);
      }
    }
  }
};

// Return the numbers that levels of 16 bits stand for, NaN where there is none.
didymos.levels = ({level, low, high}) =>
  Float32Array.from(didymos.decode(level), (q) => (q === -32768 ? NaN : low + ((q / 32767 + 1) / 2) * (high - low)));

// Return numbers that stand two in a byte, each greater by one.
didymos.unpaired = (bytes, count) =>
  Int8Array.from({length: count}, (_, i) => ((bytes[i >> 1] >> (4 * (i & 1))) & 15) - 1);
