// A new show is most likely made where its maker sits.
const field = document.querySelector("[data-own-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field.value === "UTC" && [...field.options].some((option) => option.value === here)) field.value = here;
