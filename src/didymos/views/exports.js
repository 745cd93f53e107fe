// Files and links that a page gives away.

// Return a table as CSV; text that a spreadsheet would take for a formula gets an apostrophe.
didymos.csv = (header, rows) => {
  const cell = (value) => {
    let text = typeof value === "number" ? String(value) : String(value);
    if (typeof value !== "number" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  };
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
};

// Return a mask as an .npy file (version 1.0): bool, of the shape of the map.
didymos.npy = (mask, shape) => {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  let header = `{'descr': '|b1', 'fortran_order': False, 'shape': (${sizes}), }`;
  header += " ".repeat(63 - ((10 + header.length) % 64)) + "\n";
  const bytes = new Uint8Array(10 + header.length + mask.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i);
  bytes.set(mask, 10 + header.length);
  return bytes;
};

// Return the columns of a table that say where a place is.
didymos.whereHeader = ({units}) =>
  ["row", "column", ...["x", "y"].map((axis) => `position_${axis}${units ? `_${units}` : ""}`)];
didymos.whereOf = (places, place) => {
  const index = places.index[place], columns = places.columns || places.rows;
  const short = (value) => Number(value.toPrecision(9));
  return [Math.floor(index / columns), index % columns, short(places.x[place]), short(places.y[place])];
};

// Return a mask of the places as one of all points of the map: a place that stands for a block marks all of it.
didymos.onAllPoints = (places, mask) => {
  const whole = new Uint8Array(places.points), {side, columns, rows} = places;
  for (let i = 0; i < places.count; i++) {
    if (!mask[i]) continue;
    const point = places.index[i];
    if (side === 1) {
      whole[point] = 1;
      continue;
    }
    const first = (value) => Math.floor(value / side) * side;
    const row = first(Math.floor(point / columns)), column = first(point % columns);
    for (let r = row; r < Math.min(row + side, rows); r++) {
      whole.fill(1, r * columns + column, r * columns + Math.min(column + side, columns));
    }
  }
  return whole;
};

// Offer a file for download.
didymos.download = (name, content, type) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], {type}));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

// Offer a figure as PNG or SVG.
didymos.downloadFigure = async (plot, name, kind) => {
  const blob = await Bokeh.index.get_by_id(plot.id).export(kind).to_blob();
  didymos.download(`${name}.${kind}`, blob, kind === "svg" ? "image/svg+xml" : "image/png");
};

// Return what a link holds after "#view", by name; nothing where it is another link.
didymos.readLink = (fragment) => {
  if (!fragment.startsWith("#view")) return null;
  return Object.fromEntries(new URLSearchParams(fragment.slice("#view".length).replace(/^[&?]/, "")));
};

// Return the end of a link that holds some values.
didymos.writeLink = (values) => {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== "");
  return "#view&" + new URLSearchParams(kept).toString();
};

// Write and read a selection: the code of the figure it was drawn in, and the corners.
didymos.firstLetter = (figure) => figure[0];
didymos.writePolygon = (selection, code = didymos.firstLetter) =>
  selection.polygons
    .map((p) => code(p.figure) + p.x.map((x, i) => `${x},${p.y[i]}`).join(" "))
    .join(";");
didymos.readPolygon = (text, figures, code = didymos.firstLetter) =>
  text.split(";").flatMap((part) => {
    const figure = figures.find((name) => part.startsWith(code(name)));
    const corners = part.slice(figure ? code(figure).length : 0).split(" ").map((pair) => pair.split(",").map(Number));
    const whole = corners.length >= 3 && corners.every((pair) => pair.length === 2 && pair.every(Number.isFinite));
    return figure && whole ? [{figure, x: corners.map((c) => c[0]), y: corners.map((c) => c[1])}] : [];
  });
