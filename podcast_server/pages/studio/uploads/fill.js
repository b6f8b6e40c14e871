// What a file says of itself, put into the fields that nobody has touched. ``seen`` are the marks
// by which the form knows what it was made of: what is filled in here is no change of others.
export function fill(form, known, seen = {}) {
  for (const [name, value] of Object.entries(known)) {
    const field = form?.elements[name];
    if (field?.defaultValue === undefined || field.value !== field.defaultValue) continue;
    field.value = field.defaultValue = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const marks = form?.elements.seen;
  if (marks) marks.value = marks.defaultValue = JSON.stringify({ ...JSON.parse(marks.value || "{}"), ...seen });
}
