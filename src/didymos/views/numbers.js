"use strict";
// Arrays in, arrays out: nothing here knows of the page.
const didymos = {};

didymos.TYPES = {
  uint8: Uint8Array, int8: Int8Array, int16: Int16Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
};
didymos.MISSING = 255;  // the level of a missing value of a spectrum
didymos.MAJORITY = 0;
didymos.TRANSITION = 1;
didymos.MINORITY = 2;

// Return the array that an entry of the data holds.
didymos.decode = (entry) => {
  const text = atob(entry.bytes);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new didymos.TYPES[entry.type](bytes.buffer);
};

// Return which points lie inside a polygon (even-odd rule), one byte each.
didymos.inside = (polygon, x, y) => {
  const mask = new Uint8Array(x.length);
  const px = polygon.x, py = polygon.y, corners = px.length;
  const left = Math.min(...px), right = Math.max(...px), low = Math.min(...py), high = Math.max(...py);
  for (let i = 0; i < x.length; i++) {
    const u = x[i], v = y[i];
    if (!(u >= left && u <= right && v >= low && v <= high)) continue;
    let odd = 0;
    for (let a = 0, b = corners - 1; a < corners; b = a++) {
      if (py[a] > v !== py[b] > v && u < ((px[b] - px[a]) * (v - py[a])) / (py[b] - py[a]) + px[a]) odd ^= 1;
    }
    mask[i] = odd;
  }
  return mask;
};

// Round to a thousandth of a percent of a range, so that a link is short and means the same.
didymos.rounded = (value, range) => {
  const digits = Math.min(Math.max(5 - Math.floor(Math.log10(Math.abs(range) || 1)), 0), 20);
  return Number(value.toFixed(digits));
};

// Return a polygon with few corners whose coordinates are short enough for a link.
didymos.simplified = (polygon, most = 60) => {
  const count = polygon.x.length, kept = Math.min(count, most);
  const pick = Array.from({length: kept}, (_, i) => Math.floor((i * count) / kept));
  const size = (values) => Math.max(...values) - Math.min(...values);
  const short = (values) => pick.map((i) => didymos.rounded(values[i], size(values)));
  return {x: short(polygon.x), y: short(polygon.y)};
};

// Return one value of a spectrum, NaN where it is missing.
didymos.valueAt = (spectra, spectrum, energy) => {
  const level = spectra.level[spectrum * spectra.energy.length + energy];
  if (level === didymos.MISSING) return NaN;
  return spectra.mean[energy] + spectra.offset[spectrum] + spectra.step[spectrum] * level;
};

// Return mean and standard deviation over some spectra at every energy, and how many spectra there are.
didymos.average = (spectra, members) => {
  const energies = spectra.energy.length;
  const sum = new Float64Array(energies), square = new Float64Array(energies), known = new Int32Array(energies);
  let count = 0;
  for (const spectrum of members) {
    const offset = spectra.offset[spectrum], step = spectra.step[spectrum], first = spectrum * energies;
    let any = false;
    for (let e = 0; e < energies; e++) {
      const level = spectra.level[first + e];
      if (level === didymos.MISSING) continue;
      // the common mean is added at the end: the squares of small differences keep their digits
      const value = offset + step * level;
      sum[e] += value;
      square[e] += value * value;
      known[e]++;
      any = true;
    }
    if (any) count++;
  }
  const mean = new Float64Array(energies), spread = new Float64Array(energies);
  for (let e = 0; e < energies; e++) {
    const average = sum[e] / known[e];
    mean[e] = spectra.mean[e] + average;
    spread[e] = known[e] > 1 ? Math.sqrt(Math.max(square[e] - known[e] * average * average, 0) / (known[e] - 1)) : NaN;
  }
  return {mean, spread, count};
};

// Return the regions that two thresholds of the score give; missing and corrupted spectra stay what they are.
didymos.regionsBy = (score, region, thresholds) => {
  const found = new Int8Array(region.length);
  for (let i = 0; i < region.length; i++) {
    const s = score[i];
    const fixed = region[i] < didymos.MAJORITY || region[i] > didymos.MINORITY || !Number.isFinite(s);
    found[i] = fixed ? region[i]
      : s >= thresholds[1] ? didymos.MINORITY
      : s >= thresholds[0] ? didymos.TRANSITION : didymos.MAJORITY;
  }
  return found;
};

// Return the numbers that lie between 0.5 and 99.5 % of some values, for a colour scale.
didymos.limits = (values) => {
  const finite = Array.from(values).filter(Number.isFinite).sort((a, b) => a - b);
  if (!finite.length) return [0, 1];
  const at = (share) => finite[Math.round(share * (finite.length - 1))];
  const [low, high] = [at(0.005), at(0.995)];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
};

// Return the place nearest to a position, or -1.
didymos.nearest = (x, y, u, v) => {
  let best = -1, least = Infinity;
  for (let i = 0; i < x.length; i++) {
    const away = (x[i] - u) ** 2 + (y[i] - v) ** 2;
    if (away < least) { least = away; best = i; }
  }
  return best;
};

// Write a number for people.
didymos.shown = (value, digits = 3) => {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e5 && size >= 1e-3) return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Array.from(String(Number(exponent)), (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("");
  return `${mantissa.replace("-", "−")}\u00a0×\u00a010${power}`;
};
