// An AudioWorklet: what the microphone hears, brought to 8 kHz, as 16-bit samples of 40 ms.
const RATE = 8000;
const PIECE = 320;
const REACH = 16; // of the low-pass on each side of a sample, in samples of the output
const CUTOFF = 0.45; // just below half of the output's rate; what lies above would come back as another tone

registerProcessor(
  "microphone",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.step = sampleRate / RATE;
      this.reach = Math.ceil(REACH * this.step);
      this.kept = new Float32Array(2 * this.reach);
      this.at = this.reach; // of the next output sample, in `kept`
      this.piece = new Int16Array(PIECE);
      this.filled = 0;
    }

    process([[sound]]) {
      if (!sound) return true;
      const heard = new Float32Array(this.kept.length + sound.length);
      heard.set(this.kept);
      heard.set(sound, this.kept.length);
      while (this.at + this.reach < heard.length) {
        this.put(this.filtered(heard));
        this.at += this.step;
      }
      const used = Math.max(0, Math.floor(this.at) - this.reach);
      this.kept = heard.slice(used);
      this.at -= used;
      return true;
    }

    filtered(heard) {
      const middle = Math.round(this.at);
      let sum = 0;
      let weights = 0;
      for (let offset = -this.reach; offset <= this.reach; offset++) {
        const distance = (middle + offset - this.at) / this.step;
        const x = 2 * Math.PI * CUTOFF * distance;
        const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (REACH + 1));
        const weight = (x === 0 ? 1 : Math.sin(x) / x) * window;
        weights += weight;
        sum += weight * (heard[middle + offset] ?? 0);
      }
      return sum / weights;
    }

    put(sample) {
      this.piece[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled < PIECE) return;
      const { buffer } = this.piece;
      this.port.postMessage(buffer, [buffer]);
      this.piece = new Int16Array(PIECE);
      this.filled = 0;
    }
  },
);
