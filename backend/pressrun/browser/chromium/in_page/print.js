// Takes back what `show` did, before the document is printed.
() => {
  document.body?.style.removeProperty("clip-path");
  for (const room of [...document.getElementsByTagName("pressrun-room")]) room.remove();
}
