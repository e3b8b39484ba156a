/** Saves bytes as a file. As a type that no browser shows: a run's document must not open as a page of this origin. */
export function save(content: BlobPart, filename: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 0);
}
