// On a phone the menus scroll sideways: where one is must be in sight.
for (const here of document.querySelectorAll("nav li a[aria-current=page]")) {
  const row = here.closest("ul");
  row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}
