// Questions to the explorer and its answers.
didymos.Talk = class {
  constructor() {
    this.waiting = new Map();
    this.number = 0;
    this.onProgress = () => {};
    this.onClose = () => {};
    const address = location.origin.replace(/^http/, "ws") + "/talk" + location.search;
    this.open = new Promise((resolve) => {
      this.socket = new WebSocket(address);
      this.socket.addEventListener("open", resolve);
      this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
      this.socket.addEventListener("close", () => this.onClose());
    });
  }

  // Ask something and return the answer; an answer that says what was wrong is thrown.
  async ask(what, given = {}) {
    await this.open;
    const id = ++this.number;
    const answer = await new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({...given, do: what, id}));
    });
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  hear(answer) {
    if ("progress" in answer) {
      this.onProgress(answer.progress, answer.share);
      return;
    }
    this.waiting.get(answer.id)?.(answer);
    this.waiting.delete(answer.id);
  }
};
