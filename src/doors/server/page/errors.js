// What a request is refused with, and the field that it is about.
export class ApiError extends Error {
  constructor(status, {message, field, hint}) {
    super(message);
    this.status = status;
    this.field = field;
    this.hint = hint;
  }
  get text() {
    return this.hint ? `${this.message}\n${this.hint}` : this.message;
  }
}
