/**
 * Saves content as a file on the person's computer. It goes through memory: an address with the token in it would end up in
 * histories. Whatever the content claims to be, the browser only stores it.
 */
export function saveFile(content: BlobPart, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
