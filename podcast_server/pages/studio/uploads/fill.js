// What a file says of itself, put into the fields that nobody has touched.
export function fill(form, known) {
  for (const [name, value] of Object.entries(known)) {
    const field = form?.elements[name];
    if (field?.defaultValue === undefined || field.value !== field.defaultValue) continue;
    field.value = field.defaultValue = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
