// The controls beside two methods: they change the state, and follow it.
didymos.ComparedControls = class extends didymos.Controls {
  listen() {
    super.listen();
    const {views, el} = this;
    for (const name of [...didymos.SIDES, "colour"]) {
      el(name).addEventListener("change", () => views.set({[name]: el(name).value}));
    }
  }

  listenToFigures() {
    const {views} = this, {plots} = views;
    for (const figure of didymos.SIDES.flatMap((side) => [`${side}-map`, `${side}-plane`])) {
      const plot = plots[figure];
      if (!plot) continue;
      plot.properties.inner_width.change.connect(() => views.alignFrames());
      this.listenToFigure(plot, (event) => this.placeAt(figure, event.x, event.y), () => views.nameOf(figure));
      const frame = () => { views.framed = {}; views.framePlanes(); };
      this.on(plot, "reset", figure.endsWith("-map") ? () => views.frameAll() : frame);
    }
    this.listenToShape();
    didymos.tie(plots["left-map"], plots["right-map"]);
  }

  listenToKeys() { for (const side of didymos.SIDES) super.listenToKeys(`${side}-map`); }

  placeAt(figure, x, y) {
    if (figure.endsWith("-map")) return super.placeAt("map", x, y);
    const plane = this.views.positions(figure);
    return plane ? didymos.nearIn(this.views.plots[figure], plane, x, y) : -1;
  }

  follow(has) {
    const {views, el} = this, {state} = views;
    for (const side of didymos.SIDES) {
      if (has(side, "colour", "layers")) this.followSide(side);
      if (has(side, "colour", "layers", "selections")) this.legendOf(side);
    }
    if (has("colour")) el("colour").value = state.colour;
    if (has("selections", "active")) this.followSelections();
    this.lineLegend();
    el("status").textContent = this.status();
    this.remember();
  }

  followSide(side) {
    const {views, el} = this, name = views.state[side], {precision} = views.methods.get(name);
    el(side).value = name;
    el(`${side}-number`).textContent = precision === null ? "" : `AP ${precision.toFixed(3)}`;
    el(`${side}-heading`).textContent = `Map of the ${views.layerOf(side).title}`;
    if (!el(`${side}-plane`)) return;
    const none = !views.planeOf(name);
    el(`${side}-none`).hidden = !none;
    el(`${side}-plane`).style.visibility = none ? "hidden" : "";
  }

  legendOf(side) {
    const {views} = this, {layer} = views.shown[side], entries = didymos.colourEntries(layer, views.palettes[layer.palette]);
    const corrupted = views.corrupted.is.reduce((sum, one) => sum + one, 0);
    if (corrupted) entries.push(didymos.swatchEntry(views.corrupted.colour, `corrupted (${corrupted})`));
    this.el(`${side}-colours`).replaceChildren(...entries);
  }

  // What a method is called.
  titleOf(name) { return [...this.el("left").options].find((option) => option.value === name).textContent; }

  status() {
    const {views} = this, {state, places} = views, {point} = state;
    if (point < 0) {
      return this.selected() || "Move over a figure to see a spectrum, click to hold it, draw a box or a lasso to select.";
    }
    const parts = [didymos.whereabouts(places, point)];
    if (views.corrupted.is[point]) parts.push("corrupted, excluded from all methods");
    for (const name of new Set(didymos.SIDES.map((side) => state[side]))) {
      const group = views.groupsOf(name)?.[point], called = views.groups.find(([number]) => number === group);
      parts.push(`${this.titleOf(name)}: score ${didymos.shown(views.scoreOf(name)[point])}` + (called ? `, ${called[1]}` : ""));
    }
    const known = views.truth?.groups.find(([number]) => number === views.truth.values[point]);
    if (known) parts.push(`truth: ${known[1]}`);
    return parts.join(" · ");
  }

  // How many places each selection holds, and how many of them are defects where the truth is known.
  selected() {
    const {views} = this, said = [];
    for (const [name, mask] of Object.entries(views.masks)) {
      const count = mask.reduce((sum, one) => sum + one, 0);
      if (!count) continue;
      const number = (value) => mask.reduce((sum, one, i) => sum + (one && views.truth.values[i] === value ? 1 : 0), 0);
      const known = views.truth ? `, of them ${number(1)} true defects and ${number(0)} without defect` : "";
      said.push(`selection ${name}: ${count} spectra${known}`);
    }
    return said.join(" · ");
  }

  exportTable() {
    const {views} = this, {places, state} = views, names = Object.keys(views.colours), rows = [];
    const methods = [...new Set(didymos.SIDES.map((side) => state[side]))];
    for (let i = 0; i < places.count; i++) {
      if (!views.selectedAs[i]) continue;
      rows.push([names[views.selectedAs[i] - 1], ...didymos.whereOf(places, i),
                 ...methods.map((name) => views.scoreOf(name)[i]), ...(views.truth ? [views.truth.values[i]] : [])]);
    }
    const header = ["label", ...didymos.whereHeader(places),
                    ...methods.map((name) => `score_${name}`), ...(views.truth ? ["truth"] : [])];
    didymos.download(`${this.file}_selection.csv`, didymos.csv(header, rows), "text/csv");
  }

  link() {
    const {state, places} = this.views, {left, right, colour} = state, values = {left, right, colour};
    if (state.pinned) values.point = places.index[state.point];
    if (state.difference) values.difference = state.difference.join(",");
    for (const [name, selection] of Object.entries(state.selections)) {
      values[name] = didymos.writePolygon(selection, didymos.codeOf);
    }
    for (const [figure, box] of Object.entries(this.zoomed())) values[`${figure}-box`] = box.join(",");
    return didymos.writeLink(values);
  }

  // Restore what a link holds; what does not fit this page is left out.
  restore(fragment) {
    const found = didymos.readLink(fragment), {views} = this, {places} = views;
    if (!found) return false;
    const changes = {selections: {}, difference: null, pinned: false, point: -1};
    for (const side of didymos.SIDES) if (views.methods.has(found[side])) changes[side] = found[side];
    if ([...this.el("colour").options].some((option) => option.value === found.colour)) changes.colour = found.colour;
    const point = found.point === undefined ? -1 : places.index.indexOf(Number(found.point));
    if (point >= 0) Object.assign(changes, {point, pinned: true});
    const drawnIn = ["map", ...[...views.methods.keys()].filter((name) => views.planeOf(name)).map((name) => didymos.PLANE + name)];
    for (const name of Object.keys(views.colours)) {
      const polygons = found[name] ? didymos.readPolygon(found[name], drawnIn, didymos.codeOf) : [];
      if (polygons.length) changes.selections[name] = {polygons};
    }
    const pair = (found.difference ?? "").split(",");
    if (pair.length === 2 && pair.every((name) => name in views.given || name in views.colours || name === "point")) {
      changes.difference = pair;
      [this.el("minuend").value, this.el("subtrahend").value] = pair;
    }
    const box = (found["map-box"] ?? "").split(",").map(Number);
    if (box.length === 4 && box.every(Number.isFinite)) views.frame({left: box[0], right: box[1], bottom: box[2], top: box[3]});
    views.set(changes);
    return true;
  }
};

// Return how a link names the figure that a selection was drawn in.
didymos.codeOf = (figure) =>
  figure === "map" ? "m" : `p${encodeURIComponent(figure.slice(didymos.PLANE.length))}:`;
