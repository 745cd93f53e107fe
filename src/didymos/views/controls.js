// The controls beside the figures: they change the state, and follow it.
didymos.element = (name) => document.getElementById(`view-${name}`);

didymos.Controls = class {
  constructor(views, file) {
    this.views = views;
    this.file = file;
    this.el = didymos.element;
    this.fill();
    this.listen();
    this.listenToFigures();
    this.listenToKeys();
    views.listeners.push((_, has) => this.follow(has));
  }

  fill() {
    const {views, el} = this, names = Object.keys(views.colours);
    const option = (value, text) => Object.assign(document.createElement("option"), {value, textContent: text});
    el("selection").replaceChildren(...names.map((name) => option(name, `selection ${name}`)));
    const lines = [...Object.keys(views.given), ...names, "point"];
    const said = (name) => didymos.lineTitle(views, name);
    el("minuend").replaceChildren(option("", "no difference"), ...lines.map((name) => option(name, said(name))));
    el("subtrahend").replaceChildren(...lines.map((name) => option(name, `− ${said(name)}`)));
    if (el("beside")) didymos.fillLayers(views);
    el("energy")?.setAttribute("max", views.spectra.energy.length - 1);
  }

  listen() {
    const {views, el} = this, on = (name, event, change) => el(name)?.addEventListener(event, change);
    on("beside", "change", () => views.set({beside: el("beside").value}));
    on("layer", "change", () => views.set({layer: el("layer").value}));
    on("energy", "input", () => views.set({energy: Number(el("energy").value), layer: didymos.SLICE}));
    on("radius", "input", () => views.set({radius: Number(el("radius").value)}));
    on("selection", "change", () => views.set({active: el("selection").value}));
    on("clear", "click", () => views.clear(views.state.active));
    for (const name of ["low", "high"]) on(name, "input", () => this.threshold(name));
    on("reset", "click", () => views.set({thresholds: null}));
    for (const name of ["minuend", "subtrahend"]) on(name, "change", () => this.difference());
    on("csv", "click", () => this.exportTable());
    on("mask", "click", () => this.exportMask());
    on("link", "click", () => navigator.clipboard?.writeText(location.href));
    for (const panel of [...Object.keys(views.plots), "beside"]) {
      for (const kind of ["png", "svg"]) on(`${panel}-${kind}`, "click", () => this.saveFigure(panel, kind));
    }
    for (const link of document.querySelectorAll("[data-defect] a")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.showDefect(Number(link.closest("[data-defect]").dataset.defect) - 1);
      });
    }
  }

  saveFigure(panel, kind) {
    const beside = this.views.state.beside === didymos.EMBEDDING ? didymos.EMBEDDING : "second";
    const figure = panel === "beside" ? beside : panel;
    return didymos.downloadFigure(this.views.plots[figure], `${this.file}_${figure}`, kind);
  }

  // Do something at an event of a figure.
  on(plot, event, act) {
    plot.on_event(event, act);
    plot.document.event_manager.subscribed_models.add(plot);
  }

  // Point, hold and select in a figure; a selection keeps the name of what it was drawn in.
  listenToFigure(plot, at, home) {
    const {views} = this;
    this.on(plot, "mousemove", (event) => { if (!views.state.pinned) views.set({point: at(event)}); });
    this.on(plot, "mouseleave", () => { if (!views.state.pinned) views.set({point: -1}); });
    this.on(plot, "tap", (event) => this.pin(at(event)));
    this.on(plot, "selectiongeometry", (event) => {
      if (event.final) this.drawn(home(), event.geometry, event.modifiers);
    });
  }

  // The panels change their shape with the window and with the labels beside them.
  listenToShape() {
    const {views} = this;
    for (const size of ["inner_width", "inner_height"]) {
      views.plots.map.properties[size].change.connect(() => views.frame(this.boxNow()));
    }
    this.on(views.plots.spectra, "reset", () => { views.unzoomed = true; views.refresh("hidden"); });
  }

  listenToFigures() {
    const {views} = this;
    for (const figure of [...didymos.MAPS, didymos.EMBEDDING].filter((name) => views.plots[name])) {
      const plot = views.plots[figure], home = didymos.MAPS.includes(figure) ? "map" : figure;
      this.listenToFigure(plot, (event) => this.placeAt(home, event.x, event.y), () => home);
    }
    didymos.tie(views.plots.map, views.plots.second);
    this.listenToShape();
    for (const name of didymos.MAPS) this.on(views.plots[name], "reset", () => views.frameAll());
    this.on(views.plots.spectra, "tap", (event) => {
      const {energy} = views.spectra;
      const away = energy.map((one) => Math.abs(one - event.x));
      views.set({energy: away.indexOf(Math.min(...away)), layer: didymos.SLICE});
    });
    if (views.plots.embedding) {
      for (const range of [views.plots.embedding.x_range, views.plots.embedding.y_range]) {
        range.change.connect(() => { if (views.places.count > didymos.CROWDED) views.refresh("layers"); });
      }
    }
  }

  // The part of the map that is to be seen: what somebody has zoomed to, else what was framed last.
  boxNow() {
    const {box, plots} = this.views, {x_range: across, y_range: up} = plots.map;
    const inside = across.start <= box.left && across.end >= box.right && up.start <= box.bottom && up.end >= box.top;
    return inside ? box : {left: across.start, right: across.end, bottom: up.start, top: up.end};
  }

  listenToKeys(figure = "map") {
    const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
    this.el(figure).addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.views.set({point: -1, pinned: false});
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      this.step(...move);
    });
  }

  // Go from the point to the next one in a direction.
  step(across, up) {
    const {views} = this, {x, y} = views.places, {left, bottom, width, height} = views.picture;
    const {point} = views.state, [u, v] = point < 0 ? [left + width / 2, bottom + height / 2] : [x[point], y[point]];
    let best = point, least = Infinity;
    for (let i = 0; i < x.length; i++) {
      const ahead = (x[i] - u) * across + (y[i] - v) * up, aside = Math.abs((x[i] - u) * up + (y[i] - v) * across);
      if (point >= 0 && !(ahead > 0.3 * views.spacing)) continue;
      const cost = point < 0 ? (x[i] - u) ** 2 + (y[i] - v) ** 2 : ahead + 3 * aside;
      if (cost < least) { least = cost; best = i; }
    }
    views.set({point: best, pinned: true});
  }

  pin(place) {
    const {point, pinned} = this.views.state;
    this.views.set(pinned && place === point ? {pinned: false} : {point: place, pinned: place >= 0});
  }

  placeAt(figure, x, y) {
    const {views} = this;
    if (figure === "map") {
      const {left, bottom, width, height, shape, place} = views.picture;
      const column = Math.floor(((x - left) / width) * shape[1]), row = Math.floor(((y - bottom) / height) * shape[0]);
      return column >= 0 && column < shape[1] && row >= 0 && row < shape[0] ? place[row * shape[1] + column] : -1;
    }
    return didymos.nearIn(views.plots.embedding, views.plane, x, y);
  }

  drawn(figure, geometry, modifiers) {
    const corners = geometry.type === "rect"
      ? {x: [geometry.x0, geometry.x1, geometry.x1, geometry.x0], y: [geometry.y0, geometry.y0, geometry.y1, geometry.y1]}
      : {x: Array.from(geometry.x ?? []), y: Array.from(geometry.y ?? [])};
    if (corners.x.length >= 3) this.views.addPolygon(figure, corners, modifiers?.shift);
  }

  threshold(moved) {
    const value = (name) => Number(this.el(name).value) / 1000;
    const [low, high] = moved === "low" ? [value("low"), Math.max(value("low"), value("high"))]
      : [Math.min(value("low"), value("high")), value("high")];
    this.views.set({thresholds: [low, high]});
  }

  difference() {
    const [minuend, subtrahend] = [this.el("minuend").value, this.el("subtrahend").value];
    this.views.set({difference: minuend ? [minuend, subtrahend] : null});
  }

  showDefect(number) {
    const {views} = this, {defects, places} = views;
    const line = views.isLine(), [x, y] = [defects.x[number], line ? 0 : defects.y[number]];
    const half = Math.max(2 * defects.extent[number], 8 * views.spacing), {bottom, height} = views.picture;
    const [low, high] = line ? [bottom, bottom + height] : [y - half, y + half];
    views.frame({left: x - half, right: x + half, bottom: low, top: high});
    views.set({point: didymos.nearest(places.x, places.y, x, y), pinned: true});
    this.el("map").scrollIntoView({block: "nearest"});
  }

  exportTable() {
    const {views} = this, {places, region} = views, names = Object.keys(views.colours);
    const score = views.layers.get("score").values, kind = views.layers.get("kind")?.values;
    const rows = [];
    for (let i = 0; i < places.count; i++) {
      if (!views.selectedAs[i]) continue;
      rows.push([names[views.selectedAs[i] - 1], ...didymos.whereOf(places, i), score[i], didymos.NAMES[region[i]],
                 kind ? kind[i] : 0]);
    }
    const header = ["label", ...didymos.whereHeader(places), "score", "region", "kind"];
    didymos.download(`${this.file}_selection.csv`, didymos.csv(header, rows), "text/csv");
  }

  exportMask() {
    const {views} = this, {places} = views, mask = didymos.onAllPoints(places, views.masks[views.state.active]);
    const shape = places.columns ? [places.rows, places.columns] : [places.rows];
    didymos.download(`${this.file}_selection_${views.state.active}.npy`, didymos.npy(mask, shape), "application/octet-stream");
  }
};

// Let two figures show the same part of the map.
didymos.tie = (one, other) => {
  for (const [from, to] of [[one, other], [other, one]]) {
    for (const axis of ["x_range", "y_range"]) {
      from[axis].change.connect(() => {
        const {start, end} = from[axis];
        if (to[axis].start !== start || to[axis].end !== end) to[axis].setv({start, end});
      });
    }
  }
};
