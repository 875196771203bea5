// JSON lines of a file or of bytes as they come; faults name their line.
export class LineReader {
  constructor() {
    this.decoder = new TextDecoder();
    this.rest = "";
    this.line = 0;
  }
  // The whole lines among the new bytes as values.
  add(bytes, last = false) {
    const lines = (this.rest + this.decoder.decode(bytes, {stream: !last})).split("\n");
    this.rest = last ? "" : lines.pop();
    const values = [];
    for (const line of lines) {
      ++this.line;
      if (!line.trim()) continue;
      try {
        values.push(JSON.parse(line));
      } catch {
        throw new Error(`line ${this.line} is not JSON: ${line.slice(0, 60)}`);
      }
    }
    return values;
  }
}

// One JSON value, a list of them, or one per line.
export async function readValues(file) {
  const text = await file.text();
  try {
    const whole = JSON.parse(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    return new LineReader().add(new TextEncoder().encode(text), true);
  }
}
