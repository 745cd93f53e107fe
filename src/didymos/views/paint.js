// Colours, and what goes into the figures of Bokeh.
didymos.DIM = 0.22;  // opacity of what is not selected
didymos.TINT = 0.45;  // share of the colour of a selection

// Return a colour "#rrggbb" as three numbers.
didymos.rgb = (colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));

// Return red, green, blue and opacity of every place, four bytes each.
didymos.coloursOf = (layer, palette, selected) => {
  const values = layer.values, colours = new Uint8ClampedArray(4 * values.length);
  const table = new Map(layer.groups.map(([number, , colour]) => [number, didymos.rgb(colour)]));
  const scale = palette.map(didymos.rgb), last = scale.length - 1, range = layer.high - layer.low || 1;
  const none = didymos.rgb("#e3e3e3");
  const tints = selected.colours.map(didymos.rgb);
  for (let i = 0; i < values.length; i++) {
    let colour = none;
    if (layer.groups.length) {
      colour = table.get(values[i]) ?? none;
    } else if (Number.isFinite(values[i])) {
      colour = scale[Math.min(Math.max(Math.floor(((values[i] - layer.low) / range) * (last + 1)), 0), last)];
    }
    const tint = selected.any && selected.of[i] ? tints[selected.of[i] - 1] : null;
    for (let c = 0; c < 3; c++) {
      colours[4 * i + c] = tint ? (1 - didymos.TINT) * colour[c] + didymos.TINT * tint[c] : colour[c];
    }
    colours[4 * i + 3] = 255 * (selected.any && !tint ? didymos.DIM : 1);
  }
  return colours;
};

// Put a picture into a source of Bokeh; nothing is sent to a server.
didymos.setImage = (source, pixels, shape, box) => {
  const kind = source.data.image[0].constructor;
  source.data.image[0] = new kind(new Uint32Array(pixels.buffer), shape);
  source.data.x[0] = box.left;
  source.data.y[0] = box.bottom;
  source.data.dw[0] = box.width;
  source.data.dh[0] = box.height;
  source.change.emit();
};

// Put columns into a source of Bokeh; nothing is sent to a server.
didymos.setColumns = (source, columns) => {
  Object.assign(source.data, columns);
  source.change.emit();
};

// Return the pixels of a map from the colours of its places.
didymos.pixelsOf = (place, colours) => {
  const pixels = new Uint8ClampedArray(4 * place.length);
  for (let cell = 0; cell < place.length; cell++) {
    if (place[cell] >= 0) pixels.set(colours.subarray(4 * place[cell], 4 * place[cell] + 4), 4 * cell);
  }
  return pixels;
};

// Return the pixels of the embedding of many places: the last one drawn is seen.
didymos.pixelsOfPlane = (plane, order, colours, box, side) => {
  const pixels = new Uint8ClampedArray(4 * side * side);
  for (const i of order) {
    const column = Math.floor(((plane.x[i] - box.left) / box.width) * side);
    const row = Math.floor(((plane.y[i] - box.bottom) / box.height) * side);
    if (!(column >= 0 && column < side && row >= 0 && row < side)) continue;
    pixels.set(colours.subarray(4 * i, 4 * i + 4), 4 * (row * side + column));
  }
  return pixels;
};

// Return the place that a plane shows near a position, or -1.
didymos.nearIn = (plot, plane, x, y) => {
  const {x_range: across, y_range: up} = plot, found = didymos.nearest(plane.x, plane.y, x, y);
  const away = Math.hypot((plane.x[found] - x) / (across.end - across.start), (plane.y[found] - y) / (up.end - up.start));
  return away < 0.03 ? found : -1;
};

// Paint a figure once more after its frame has changed: Bokeh leaves ticks where they were.
didymos.repaintWhenResized = (plot) => {
  for (const size of ["inner_width", "inner_height"]) {
    plot.properties[size].change.connect(() =>
      requestAnimationFrame(() => Bokeh.index.get_by_id(plot.id)?.request_repaint()));
  }
};

// Give a figure the colours of the page, dark or light.
didymos.dress = (plot) => {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim(), soft = style.getPropertyValue("--soft").trim();
  for (const axis of [...plot.below, ...plot.left]) {
    axis.setv({axis_label_text_color: ink, major_label_text_color: soft, axis_line_color: soft,
               major_tick_line_color: soft});
  }
  for (const name of ["point", "difference"]) {
    const renderer = plot.select(`glyph_${name}`)[0];
    if (renderer) renderer.glyph.line_color = {value: ink};
  }
};
