// Recording a voice message with the microphone.

const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

export class Recorder {
  /** Begin; rejects where there is no microphone or it may not be used. */
  static async begin() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    return new Recorder(stream);
  }

  constructor(stream) {
    this.stream = stream;
    this.pieces = [];
    this.since = Date.now();
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    this.recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    this.recorder.addEventListener("dataavailable", ({ data }) => this.pieces.push(data));
    this.recorder.start();
  }

  get seconds() {
    return Math.round((Date.now() - this.since) / 1000);
  }

  /** End; what was recorded, as a file. */
  async end() {
    const ended = new Promise((resolve) => this.recorder.addEventListener("stop", resolve, { once: true }));
    this.recorder.stop();
    await ended;
    for (const track of this.stream.getTracks()) track.stop();
    const type = this.recorder.mimeType;
    return new File(this.pieces, `voice.${type.split(";")[0].split("/")[1]}`, { type });
  }
}
