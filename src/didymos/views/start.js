// Start the linked views of this page.
didymos.start = async () => {
  const section = document.getElementById("view");
  const read = (name) => JSON.parse(document.getElementById(name).textContent);
  const data = read("view-data"), items = read("view-figures");
  section.hidden = false;
  const plots = {};
  for (const [name, item] of Object.entries(items)) {
    await Bokeh.embed.embed_item(item);
    plots[name] = Bokeh.index.get_by_id(item.root_id).model;
  }
  const compared = "methods" in data;
  const views = new (compared ? didymos.ComparedViews : didymos.Views)(data, plots);
  const controls = new (compared ? didymos.ComparedControls : didymos.Controls)(views, section.dataset.file);
  const dress = () => Object.values(plots).forEach(didymos.dress);
  dress();
  Object.values(plots).forEach(didymos.repaintWhenResized);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
  views.frameAll();
  controls.restore(location.hash);
  addEventListener("hashchange", () => controls.restore(location.hash));
  Object.assign(didymos, {views, controls});
  section.dataset.ready = "yes";
};
// what a page adds to the views waits for this
didymos.started = didymos.start();
