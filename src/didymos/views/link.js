// The view in the address of the page.
Object.assign(didymos.Controls.prototype, {
  // Keep the view in the address, so that a link restores it.
  remember() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const link = this.link();
      if (link !== location.hash && (location.hash.startsWith("#view") || link !== this.first)) {
        history.replaceState(null, "", link);
      }
    }, 150);
    this.first ??= this.link();
  },

  link() {
    const {state, places, plots, analysed} = this.views, values = {layer: state.layer};
    if (state.beside !== didymos.EMBEDDING) values.beside = state.beside;
    if ([state.layer, state.beside].includes(didymos.SLICE)) values.energy = state.energy;
    if (state.thresholds && analysed) values.thresholds = state.thresholds.join(",");
    if (state.radius) values.radius = state.radius;
    if (state.pinned) values.point = places.index[state.point];
    if (state.difference) values.difference = state.difference.join(",");
    for (const [name, selection] of Object.entries(state.selections)) values[name] = didymos.writePolygon(selection);
    for (const [figure, box] of Object.entries(this.zoomed())) values[`${figure}-box`] = box.join(",");
    return didymos.writeLink(values);
  },

  // The parts of map and embedding that somebody has zoomed to.
  zoomed() {
    const {views} = this, {picture, plane, plots} = views, found = {};
    const now = this.boxNow(), {left, bottom, width, height} = picture;
    const whole = [left, left + width, bottom, bottom + height];
    const boxes = {map: [[now.left, now.right, now.bottom, now.top], whole]};
    if (plots.embedding) {
      const {x_range: across, y_range: up} = plots.embedding;
      boxes.embedding = [[across.start, across.end, up.start, up.end], plane.box];
    }
    for (const [figure, [box, all]] of Object.entries(boxes)) {
      const near = (edge, i) => Math.abs(edge - all[i]) <= 1e-6 * Math.abs(all[1] - all[0]);
      if (!box.every(near)) found[figure] = box.map((edge) => didymos.rounded(edge, box[1] - box[0]));
    }
    return found;
  },

  // Restore what a link holds; what does not fit this page is left out.
  restore(fragment) {
    const found = didymos.readLink(fragment), {views} = this, {state, places, spectra, plots} = views;
    if (!found) return false;
    const numbers = (text) => (text ?? "").split(",").map(Number), finite = (list) => list.every(Number.isFinite);
    const changes = {selections: {}, thresholds: null, difference: null, pinned: false, point: -1};
    if (found.layer === didymos.SLICE || views.layers.has(found.layer)) changes.layer = found.layer;
    const beside = found.beside ?? (views.plane ? didymos.EMBEDDING : "region");
    if ([didymos.SLICE, didymos.EMBEDDING].includes(beside) || views.layers.has(beside)) changes.beside = beside;
    const energy = Number(found.energy);
    if (Number.isInteger(energy) && energy >= 0 && energy < spectra.energy.length) changes.energy = energy;
    const thresholds = numbers(found.thresholds);
    if (found.thresholds && thresholds.length === 2 && finite(thresholds) && views.analysed) changes.thresholds = thresholds;
    if (Number(found.radius) >= 0 && Number(found.radius) <= Number(this.el("radius").max)) changes.radius = Number(found.radius);
    const point = found.point === undefined ? -1 : places.index.indexOf(Number(found.point));
    if (point >= 0) Object.assign(changes, {point, pinned: true});
    for (const name of Object.keys(views.colours)) {
      const polygons = found[name] ? didymos.readPolygon(found[name], didymos.FIGURES.filter((f) => plots[f])) : [];
      if (polygons.length) changes.selections[name] = {polygons};
    }
    const pair = (found.difference ?? "").split(",");
    if (pair.length === 2 && pair.every((name) => name in views.given || name in views.colours || name === "point")) {
      changes.difference = pair;
      [this.el("minuend").value, this.el("subtrahend").value] = pair;
    }
    for (const figure of didymos.FIGURES.filter((name) => plots[name])) {
      const box = numbers(found[`${figure}-box`]);
      if (box.length !== 4 || !finite(box)) continue;
      if (figure === "map") {
        views.frame({left: box[0], right: box[1], bottom: box[2], top: box[3]});
        continue;
      }
      plots[figure].x_range.setv({start: box[0], end: box[1]});
      plots[figure].y_range.setv({start: box[2], end: box[3]});
    }
    views.set({...state, ...changes});
    return true;
  },
});
