// Start what the explorer adds to the views.
didymos.startLive = async () => {
  await didymos.started;
  const {views, controls} = didymos, talk = new didymos.Talk();
  const teach = new didymos.Teach(views, controls, talk);
  const search = new didymos.Search(views, teach, talk);
  Object.assign(didymos, {talk, teach, search});
  teach.listDefects();
  teach.say("The map is prepared …");
  const answer = await talk.ask("hello");
  teach.take(answer);
  teach.progress("", null);
  if (answer.view && !location.hash) controls.restore(answer.view);
  document.getElementById("view").dataset.live = "yes";
};
didymos.startLive();
